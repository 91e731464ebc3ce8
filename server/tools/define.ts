// Makes a tool from what is special about it. Reading what the model wrote is the same for all, and lenient where
// providers differ in what they let a model send.
import * as z from "zod";
import {
  type Immediate,
  immediate,
  type PlanUpdate,
  type PrepareContext,
  type Prepared,
  type RawCall,
  type Tool,
} from "./tool.ts";

interface Definition<P> {
  readonly name: string;
  readonly description: string;
  prepare(params: P, context: PrepareContext): Promise<Prepared | Immediate | PlanUpdate>;
}

type FreeformDefinition = Definition<string> & Pick<Tool, "preview">;

/** A tool whose arguments are JSON. The schema is the type, the validator and what the model is told. */
export function jsonTool<P>(schema: z.ZodType<P>, definition: Definition<P>): Tool {
  return {
    name: definition.name,
    description: definition.description,
    input: () => ({ kind: "json", schema: z.toJSONSchema(schema, { target: "draft-7", io: "input" }) }),
    async prepare(call, context) {
      const parsed = parseJson(call.input === "" ? "{}" : call.input, schema);
      if (!parsed.ok) return immediate(`failed to parse function arguments: ${parsed.message}`);
      return definition.prepare(parsed.params, context);
    },
  };
}

/** A tool whose input is plain text in a Lark grammar. */
export function freeformTool(grammar: string, definition: FreeformDefinition): Tool {
  return {
    ...definition,
    input: () => ({ kind: "freeform", grammar }),
    prepare: (call, context) => definition.prepare(textOf(call), context),
  };
}

type ParsedJson<P> = { ok: true; params: P } | { ok: false; message: string };

function parseJson<P>(text: string, schema: z.ZodType<P>): ParsedJson<P> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { ok: false, message: (error as Error).message };
  }
  const parsed = schema.safeParse(value);
  return parsed.success ? { ok: true, params: parsed.data } : { ok: false, message: z.prettifyError(parsed.error) };
}

/** Some providers have no freeform tools and wrap the text as `{"input": …}`. */
function textOf(call: RawCall): string {
  if (call.kind === "freeform") return call.input;
  const wrapped = parseJson(call.input, z.union([z.object({ input: z.string() }), z.object({ patch: z.string() })]));
  if (!wrapped.ok) return call.input;
  return "input" in wrapped.params ? wrapped.params.input : wrapped.params.patch;
}
