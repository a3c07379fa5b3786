"""ExtractVariables policies."""

from __future__ import annotations

LENIENT = "<IgnoreUnresolvedVariables>true</IgnoreUnresolvedVariables>"
JSON = {"content-type": "application/json; charset=utf-8"}
XML = {"content-type": "text/xml"}


def extract(inner: str, before: str = "") -> str:
    return f'<ExtractVariables name="E">{before}{inner}</ExtractVariables>'


def json_variable(path: str, kind: str = "", name: str = "v") -> str:
    type_ = f' type="{kind}"' if kind else ""
    return (
        f'<JSONPayload><Variable name="{name}"{type_}><JSONPath>{path}</JSONPath></Variable>'
        "</JSONPayload>"
    )


def xml_variable(path: str, kind: str = "string", name: str = "v") -> str:
    return f'<Variable name="{name}" type="{kind}"><XPath>{path}</XPath></Variable>'


def xml(inner: str, attributes: str = "") -> str:
    return extract(f"<XMLPayload {attributes}>{inner}</XMLPayload>")


def xml_spaces(namespaces: str) -> str:
    return f"<XMLPayload><Namespaces>{namespaces}</Namespaces>{xml_variable('/a')}</XMLPayload>"
