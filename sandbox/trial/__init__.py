"""`try-bundles`: which of a folder's Apigee bundles the sandbox's runtime executes, and how.

`samples` finds bundles, `survey` lists all that is refused in one, `stage` deploys those that load,
`scenarios` and `readme` find the requests that come with them, `report` prints what came of it.
Nothing of the folder is executed but bundles, and nothing is written into it.
"""
