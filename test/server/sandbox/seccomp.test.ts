// The filter of system calls, run by a small machine of our own as the kernel would, and once by the kernel itself.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import type { SandboxPolicy } from "../../../server/protocol/sandbox.ts";
import { type FilterArchitecture, seccompFilter } from "../../../server/sandbox/seccomp.ts";
import { argumentRules, deniedCalls, lastKnownCall } from "../../../server/sandbox/syscalls.ts";
import { Arena, skip, unrestricted, workspaceWrite } from "./real-sandbox.ts";
import fc from "../../support/properties.ts";

interface Asked {
  machine: number;
  call: number;
  arguments?: readonly number[];
}

/** "allow", or the number of the error. */
function answer(program: Uint8Array, { machine, call, arguments: given = [] }: Asked): "allow" | number {
  const data = new DataView(new ArrayBuffer(64));
  data.setUint32(0, call, true);
  data.setUint32(4, machine, true);
  for (const [index, value] of given.entries()) data.setBigUint64(16 + 8 * index, BigInt(value), true);
  const code = new DataView(program.buffer);
  let accumulator = 0;
  for (let at = 0; at * 8 < program.length; at++) {
    const [operation, jt, jf] = [code.getUint16(at * 8, true), code.getUint8(at * 8 + 2), code.getUint8(at * 8 + 3)];
    const k = code.getUint32(at * 8 + 4, true);
    if (operation === 0x20) accumulator = data.getUint32(k, true);
    else if (operation === 0x54) accumulator = (accumulator & k) >>> 0;
    else if (operation === 0x15) at += accumulator === k ? jt : jf;
    else if (operation === 0x25) at += accumulator > k ? jt : jf;
    else if (operation === 0x06) return k === 0x7fff0000 ? "allow" : k & 0xffff;
    else throw new Error(`instruction ${at} is unknown: ${operation}`);
  }
  throw new Error("The program ran past its end.");
}

const machines = { x64: 0xc000003e, arm64: 0xc00000b7 };
const architectures: FilterArchitecture[] = ["x64", "arm64"];
const [EPERM, ENOSYS, EAFNOSUPPORT] = [1, 38, 97];
const errnos = { EPERM, ENOSYS, EAFNOSUPPORT };

for (const arch of architectures) {
  const program = seccompFilter(arch);
  const asked = (call: number, ...given: number[]) =>
    answer(program, { machine: machines[arch], call, arguments: given });
  const numberOf = (name: string) => {
    const all = [...argumentRules, ...deniedCalls].flatMap(({ calls }) => calls);
    return all.find((call) => call.name === name)?.[arch] ?? assert.fail(`${name} is no call of ${arch}`);
  };

  test(`each call that is refused outright on ${arch} is refused whatever it is given`, () => {
    for (const { errno, calls } of deniedCalls) {
      for (const call of calls) if (call[arch] !== null) assert.equal(asked(call[arch]), errnos[errno], call.name);
    }
  });

  test(`calls of other machines, of x32 and of newer kernels do not exist on ${arch}`, () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), fc.nat(0xffffffff), (machine, call) => {
        if (machine !== machines[arch]) assert.equal(answer(program, { machine, call }), ENOSYS);
        assert.equal(asked((call % 0x40000000) + 0x40000000), ENOSYS);
        if (call > lastKnownCall) assert.equal(asked(call), ENOSYS);
      }),
    );
  });

  test(`calls that no rule names are allowed on ${arch}`, () => {
    const named = new Set([...argumentRules, ...deniedCalls].flatMap(({ calls }) => calls.map((call) => call[arch])));
    for (let call = 0; call <= lastKnownCall; call++) if (!named.has(call)) assert.equal(asked(call), "allow");
  });

  const tables: [string, number[], "allow" | number][] = [
    ["socket", [1, 1, 0], EPERM],
    ["socket", [2, 1, 6], "allow"],
    ["socket", [2, 0x80801, 0], "allow"],
    ["socket", [10, 2, 17], "allow"],
    ["socket", [2, 3, 1], EPERM],
    ["socket", [10, 5, 132], EPERM],
    ["socket", [16, 3, 0], "allow"],
    ["socket", [16, 0x80002, 0], "allow"],
    ["socket", [16, 3, 9], EAFNOSUPPORT],
    ["socket", [17, 3, 768], EAFNOSUPPORT],
    ["socket", [38, 5, 0], EAFNOSUPPORT],
    ["socket", [40, 1, 0], EAFNOSUPPORT],
    // The kernel reads 32 bits; more must not hide a family.
    ["socket", [2 ** 32 + 1, 1, 0], EPERM],
    ["socketpair", [1, 0x80801, 0], "allow"],
    ["socketpair", [1, 5, 0], "allow"],
    ["socketpair", [1, 2, 0], EPERM],
    ["socketpair", [1, 3, 0], EPERM],
    ["socketpair", [30, 1, 0], EAFNOSUPPORT],
    ["clone", [0x1200011], "allow"],
    ["clone", [0x10000011], EPERM],
    ["clone", [0x00020011], EPERM],
    ["unshare", [0x400], "allow"],
    ["unshare", [0x80], EPERM],
    ["unshare", [0x40000000], EPERM],
    ["ioctl", [0, 0x5413], "allow"],
    ["ioctl", [0, 0x5412], EPERM],
    ["ioctl", [0, 2 ** 32 + 0x5412], EPERM],
    ["personality", [0xffffffff], "allow"],
    ["personality", [0x0400000], EPERM],
    ["mknodat", [3, 0, 0o010644], "allow"],
    ["mknodat", [3, 0, 0o020666], EPERM],
    ["fchmod", [3, 0o755], "allow"],
    ["fchmod", [3, 0o4755], EPERM],
    ["fchmodat", [3, 0, 0o4755], EPERM],
    ["mknodat", [3, 0, 0o104755], EPERM],
    ["openat", [3, 0, 0o101, 0o755], "allow"],
    ["openat", [3, 0, 0o101, 0o4755], EPERM],
    ["openat", [3, 0, 2 ** 32 + 0o101, 2 ** 32 + 0o4755], EPERM],
    ["openat", [3, 0, 0o20200002, 0o4755], EPERM],
    ["openat", [3, 0, 0, 0o4755], "allow"],
  ];
  for (const [name, given, expected] of tables) {
    test(`${name}(${given.map((each) => `0x${each.toString(16)}`).join(", ")}) on ${arch}: ${expected}`, () => {
      assert.equal(asked(numberOf(name), ...given), expected);
    });
  }
}

test("the program is whole instructions, and fits the kernel", () => {
  for (const arch of architectures) {
    const { length } = seccompFilter(arch);
    assert.equal(length % 8, 0);
    assert.ok(length / 8 <= 4096);
  }
});

const pythonAttacks: [string, string, string][] = [
  [
    "a program of 32 bits' calls is served",
    `import ctypes, mmap
# mov eax, 20 (getpid of i386); int 0x80; ret
code = mmap.mmap(-1, 4096, prot=7)
code.write(bytes([0xB8, 20, 0, 0, 0, 0xCD, 0x80, 0xC3]))
at = ctypes.addressof(ctypes.c_char.from_buffer(code))
print("SERVED" if ctypes.CFUNCTYPE(ctypes.c_int)(at)() > 0 else "not served")`,
    "SERVED",
  ],
  [
    "a set-user-id file is made",
    `import os
open("suid", "w").close()
os.chmod("suid", 0o4755)
print("SUID")`,
    "SUID",
  ],
  [
    "a file is made as a set-user-id one",
    `import os
os.close(os.open("suid", os.O_CREAT | os.O_WRONLY, 0o4755))
print("SUID")`,
    "SUID",
  ],
];

for (const [what, script, printed] of pythonAttacks) {
  const isX86 = process.arch === "x64" ? false : "this machine is no x64";
  test(`not so in the sandbox: ${what}`, { skip: skip || (what.includes("32 bits") && isX86) }, async (t) => {
    using arena = new Arena();
    arena.write("ws/attack.py", script);
    const outside = await arena.run("python3 attack.py", unrestricted);
    if (!outside.output.includes(printed)) return t.skip(`it does not work here at all: ${outside.output.trim()}`);
    const inside = await arena.run("python3 attack.py", workspaceWrite);
    assert.doesNotMatch(inside.output, new RegExp(printed));
  });
}

test("a datagram socket of a pair reaches no socket file of the host", { skip }, async () => {
  using arena = new Arena();
  const listen = `import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("host.sock")
print("ready", flush=True)
sys.stdin.read()`;
  const listener = spawn("python3", ["-c", listen], { cwd: arena.workspace, stdio: ["pipe", "pipe", "inherit"] });
  await once(listener.stdout, "data");
  arena.write(
    "ws/attack.py",
    `import socket
a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
a.sendto(b"x", "host.sock")
print("SENT")`,
  );
  const sent = async (policy: SandboxPolicy) => /SENT/.test((await arena.run("python3 attack.py", policy)).output);
  assert.deepEqual([await sent(unrestricted), await sent(workspaceWrite)], [true, false]);
  listener.stdin.end();
  await once(listener, "exit");
});
