// Tools that the client brought along: the model's calls go to it, and its answers back.
import { isShallow, tooDeep } from "../protocol/depth.ts";
import type { DynamicTool } from "../protocol/thread.ts";
import type { ToolOutputPart } from "../protocol/item.ts";
import { type Immediate, immediate, type PrepareContext, type Prepared, type RawCall, type Tool } from "./tool.ts";
import { endedCall, startedCall, textPart } from "./tool-call-item.ts";

/** One tool a function; what is in a namespace carries its name in front, so that the model can tell them apart. */
export function clientTools(specs: readonly DynamicTool[]): Tool[] {
  return specs.flatMap((spec) =>
    spec.type === "function"
      ? [clientTool(null, spec)]
      : spec.tools.map((tool) =>
          clientTool(spec.name, { ...tool, description: `${spec.description} ${tool.description}` }),
        ),
  );
}

interface ClientFunction {
  name: string;
  description: string;
  inputSchema: Record<string, unknown>;
}

function clientTool(namespace: string | null, { name, description, inputSchema }: ClientFunction): Tool {
  return {
    name: namespace === null ? name : `${namespace}__${name}`,
    description,
    input: () => ({ kind: "json", schema: inputSchema }),
    prepare: async (call, context) => prepareCall({ namespace, tool: name }, call, context),
  };
}

function prepareCall(
  what: { namespace: string | null; tool: string },
  call: RawCall,
  { itemId, startedAtMs }: PrepareContext,
): Prepared | Immediate {
  let given: unknown;
  try {
    given = JSON.parse(call.input === "" ? "{}" : call.input);
  } catch (error) {
    return immediate(`failed to parse function arguments: ${(error as Error).message}`);
  }
  if (!isShallow(given)) return immediate(`failed to parse function arguments: they are ${tooDeep}`);
  const item = startedCall({ id: itemId, ...what, arguments: given, startedAtMs });
  return {
    kind: "prepared",
    item,
    action: Object.freeze({ kind: "client" }),
    async run(context) {
      const answer = await context.callTool({ callId: itemId, ...what, arguments: given });
      const contentItems = answer?.contentItems ?? textPart(noAnswer);
      const success = answer?.success ?? false;
      return {
        item: endedCall(item, { success, contentItems, completedAtMs: context.now() }),
        output: textOf(contentItems),
        images: contentItems.flatMap((part) => (part.type === "inputImage" ? [part.imageUrl] : [])),
      };
    },
  };
}

const noAnswer = "The client that has this tool did not answer the call, or not in a form that can be understood.";

function textOf(parts: readonly ToolOutputPart[]): string {
  return parts
    .map((part) => {
      switch (part.type) {
        case "inputText":
          return part.text;
        case "inputImage":
          return "[picture]";
        case "inputAudio":
          return "[audio, which cannot be passed on]";
        default:
          return part satisfies never;
      }
    })
    .join("\n");
}
