// The seccomp filter as a program of classic BPF. Pure.
import {
  type ArgumentCheck,
  type ArgumentRule,
  argumentRules,
  deniedCalls,
  type Errno,
  lastKnownCall,
} from "./syscalls.ts";

/** The machines that the filter is known for. */
export type FilterArchitecture = "x64" | "arm64";

export function isFilterArchitecture(arch: string): arch is FilterArchitecture {
  return arch === "x64" || arch === "arm64";
}

/** What `bwrap --seccomp` reads: the instructions, one behind the other. */
export function seccompFilter(arch: FilterArchitecture): Uint8Array {
  return encode([...onlyThisMachine(arch), ...rules(arch), ret(allow)]);
}

interface Instruction {
  readonly code: number;
  /** How many instructions are skipped when the comparison holds, and when it does not. */
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

const LOAD_WORD = 0x20;
const JUMP_EQUAL = 0x15;
const JUMP_GREATER = 0x25;
const AND = 0x54;
const RETURN = 0x06;

const allow = 0x7fff0000;
const failWith = 0x00050000;
const errnos: Record<Errno, number> = { EPERM: 1, ENOSYS: 38, EAFNOSUPPORT: 97 };
const refuse = (errno: Errno) => ret(failWith | errnos[errno]);

// Where the kernel puts what is asked about.
const NUMBER = 0;
const ARCHITECTURE = 4;
/** Of the low half: both machines are little-endian. */
const argumentAt = (index: number) => 16 + 8 * index;

const auditArchitecture: Record<FilterArchitecture, number> = { x64: 0xc000003e, arm64: 0xc00000b7 };

// Other machines' calls (32-bit ones) have other numbers. Those of x32 lie above all others, as do unknown ones.
function onlyThisMachine(arch: FilterArchitecture): Instruction[] {
  return [
    load(ARCHITECTURE),
    jump(JUMP_EQUAL, auditArchitecture[arch], 1, 0),
    refuse("ENOSYS"),
    load(NUMBER),
    jump(JUMP_GREATER, lastKnownCall, 0, 1),
    refuse("ENOSYS"),
  ];
}

// With the number of the call in the accumulator. A block that does not answer leaves it there.
function rules(arch: FilterArchitecture): Instruction[] {
  const byArgument = argumentRules.flatMap((rule) =>
    rule.calls.flatMap((call) => onlyFor(call[arch], argumentBlock(rule))),
  );
  const outright = deniedCalls.flatMap(({ errno, calls }) =>
    calls.flatMap((call) => onlyFor(call[arch], [refuse(errno)])),
  );
  return [...byArgument, ...outright];
}

function onlyFor(number: number | null, block: readonly Instruction[]): Instruction[] {
  return number === null ? [] : [jump(JUMP_EQUAL, number, 0, block.length), ...block];
}

/** Always answers. */
function argumentBlock({ checks }: ArgumentRule): Instruction[] {
  return [...checks.flatMap(checkBlock), ret(allow)];
}

function checkBlock({ argument, mask, rule, values, errno, when }: ArgumentCheck): Instruction[] {
  // What comes behind the comparisons is the refusal alone: one of them leads over it, or to it.
  const comparisons = values.map((value, index) => {
    const rest = values.length - 1 - index;
    return rule === "oneOf" ? jump(JUMP_EQUAL, value, rest + 1, 0) : jump(JUMP_EQUAL, value, rest, rest === 0 ? 1 : 0);
  });
  const body = [...loadMasked(argument, mask), ...comparisons, refuse(errno)];
  if (when === undefined) return body;
  return [...loadMasked(when.argument, when.mask), jump(JUMP_EQUAL, when.value, 0, body.length), ...body];
}

function loadMasked(argument: number, mask: number | undefined): Instruction[] {
  return [load(argumentAt(argument)), ...(mask === undefined ? [] : [{ code: AND, jt: 0, jf: 0, k: mask }])];
}

function load(offset: number): Instruction {
  return { code: LOAD_WORD, jt: 0, jf: 0, k: offset };
}

function jump(code: number, k: number, jt: number, jf: number): Instruction {
  return { code, jt, jf, k };
}

function ret(k: number): Instruction {
  return { code: RETURN, jt: 0, jf: 0, k };
}

function encode(program: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(program.length * 8);
  const view = new DataView(bytes.buffer);
  for (const [index, { code, jt, jf, k }] of program.entries()) {
    // A longer jump would be cut off and lead elsewhere.
    if (Math.max(jt, jf) > 255) throw new Error(`The filter's instruction ${index} jumps too far.`);
    view.setUint16(index * 8, code, true);
    view.setUint8(index * 8 + 2, jt);
    view.setUint8(index * 8 + 3, jf);
    view.setUint32(index * 8 + 4, k >>> 0, true);
  }
  return bytes;
}
