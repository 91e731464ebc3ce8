// Lets a test in plain Node import modules that import `vscode`, as long as they do not use it while they load.
import { registerHooks } from "node:module";

registerHooks({
  resolve: (specifier, context, nextResolve) =>
    specifier === "vscode" ? { url: "data:text/javascript,", shortCircuit: true } : nextResolve(specifier, context),
});
