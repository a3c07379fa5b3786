// Binds Kusto queries against declared tables: node bind.js NODE_MODULES < {tables, queries}.
//
// stdin:  {"tables": {"Name": "(Column: type, ...)"}, "queries": {"name": "text"}}
// stdout: {"name": ["code severity at offset: message", ...]}, empty lists where all is well.

const path = require("node:path");

// The package defines globals; the bridge, its runtime, comes first.
const home = path.join(process.argv[2], "@kusto", "language-service-next");
require(path.join(home, "bridge.js"));
require(path.join(home, "Kusto.Language.Bridge.js"));

const { GlobalState, KustoCode, Symbols } = globalThis.Kusto.Language;
const input = JSON.parse(require("node:fs").readFileSync(0, "utf8"));

const tables = Object.entries(input.tables).map(([name, schema]) =>
  Symbols.TableSymbol.From(schema).WithName(name),
);
const workspace = new Symbols.DatabaseSymbol.ctor("workspace", tables);
const globals = GlobalState.Default.WithDatabase(workspace);

const complaints = {};
for (const [name, text] of Object.entries(input.queries)) {
  const found = KustoCode.ParseAndAnalyze(text, globals).GetDiagnostics();
  complaints[name] = [];
  for (let index = 0; index < found.Count; index++) {
    const { Code, Severity, Start, Message } = found.getItem(index);
    complaints[name].push(`${Code} ${Severity} at ${Start}: ${Message}`);
  }
}
process.stdout.write(JSON.stringify(complaints));
