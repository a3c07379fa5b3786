"""The documentation as a site: `make docs`. The root of its sources is the repository's, for the READMEs."""

project = "apigee-keyvault"
copyright = "the authors of apigee-keyvault"  # noqa: A001 - the name that Sphinx reads
root_doc = "docs/index"
include_patterns = ["docs/**.md", "README.md", "sandbox/README.md"]
extensions = ["myst_parser"]
myst_heading_anchors = 4
html_theme = "furo"
html_title = "apigee-keyvault"
# Everything that a page needs is in it: it is read without a network, too.
html_theme_options = {"top_of_page_buttons": []}
html_copy_source = False
