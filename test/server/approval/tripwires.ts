// A place to really run what was judged safe: a throw-away sandbox in which everything that is not on the list of safe
// commands is a tripwire, every write is seen, and secrets lie outside the workspace.
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

const bwrap = "/usr/bin/bwrap";
const listed =
  "cat head ls nl stat tail wc cut paste readlink realpath rev tac basename dirname echo false id printf pwd seq tr true " +
  "uname which whoami base64 sort uniq grep sed find";
const tripwires =
  "sh bash dash python3 perl node awk env xargs git rm touch tee mv cp ln mkdir rmdir chmod chown truncate dd install split " +
  "gzip gunzip zcat bzip2 xz zstd lz4 brotli compress uncompress less more man vi curl wget nc ping ssh sudo su timeout " +
  "nice nohup time script make npm x x.sh date kill mount umount tar zip unzip test expr sleep tput clear hostname";

export const skip =
  !existsSync(bwrap) || spawnSync(bwrap, ["--unshare-all", "--ro-bind", "/", "/", "true"]).status !== 0
    ? "bubblewrap does not work here"
    : false;

export class Tripwires {
  readonly #base = mkdtempSync("/var/tmp/belay-tripwires-");
  readonly #programs = this.#directory("programs");

  /** `ripgrep`: where one is, if its lines are to be run, too. */
  constructor(ripgrep: string | null = null) {
    this.#directory("own");
    for (const name of ["bash", "timeout", "head"]) copyFileSync(findProgram(name), join(this.#base, "own", name));
    for (const name of tripwires.split(" ")) this.#tripwire(join(this.#programs, name));
    for (const name of listed.split(" ")) copyFileSync(findProgram(name), join(this.#programs, name));
    if (ripgrep !== null) copyFileSync(ripgrep, join(this.#programs, "rg"));
  }

  /** What went wrong with each line; empty: nothing did. */
  run(lines: readonly string[]): string[] {
    const problem = this.#runTogether(lines);
    if (problem === null) return [];
    if (lines.length === 1) return [`${JSON.stringify(lines[0])} ${problem}`];
    const half = Math.ceil(lines.length / 2);
    const found = [...this.run(lines.slice(0, half)), ...this.run(lines.slice(half))];
    return found.length > 0 ? found : [`${problem}, but only together`];
  }

  #runTogether(lines: readonly string[]): string | null {
    const workspace = this.#directory("w");
    this.#fill(workspace);
    const places = [workspace, this.#directory("tmp"), this.#directory("hit")];
    const before = places.map(snapshot);
    const { stdout, stderr, error, status } = spawnSync(bwrap, this.#argv(), {
      input: lines.map((line) => `${line}\0`).join(""),
      maxBuffer: 512 * 1024 * 1024,
      encoding: "latin1",
    });
    if (error !== undefined || status !== 0) throw error ?? new Error(`The sandbox ended with ${status}: ${stderr}`);
    const after = places.map(snapshot);
    for (const place of ["w", "tmp", "hit"]) rmSync(join(this.#base, place), { recursive: true, force: true });
    if (readLog(after[2]) !== readLog(before[2])) return "ran something that is not on the list";
    if (JSON.stringify(after) !== JSON.stringify(before)) return "wrote something";
    return /CANARY-OUTSIDE|CANARY-ENVIRONMENT/.test(stdout) ? "showed a secret" : null;
  }

  #argv(): string[] {
    const at = (name: string) => join(this.#base, name);
    const libraries = ["/lib", "/lib64", "/usr/lib"].filter(existsSync).flatMap((path) => ["--ro-bind", path, path]);
    const secrets = this.#directory("secrets");
    writeFileSync(join(secrets, "id_rsa"), "CANARY-OUTSIDE\n");
    writeFileSync(join(secrets, "shadow"), "root:CANARY-OUTSIDE\n");
    const each =
      'while IFS= read -r -d "" line; do /own/timeout -s KILL 1 /own/bash --norc --noprofile -c -- "$line" ' +
      "</dev/null 2>&1 | /own/head -c 100000; done";
    return [
      ...["--unshare-all", "--die-with-parent", "--new-session", "--clearenv", ...libraries],
      ...["--ro-bind", at("programs"), "/usr/bin", "--symlink", "usr/bin", "/bin", "--ro-bind", at("own"), "/own"],
      ...["--proc", "/proc", "--dev", "/dev", "--bind", at("tmp"), "/tmp", "--bind", at("hit"), "/hit"],
      ...["--ro-bind", secrets, "/root/.ssh", "--ro-bind", secrets, "/etc", "--bind", at("w"), "/w", "--chdir", "/w"],
      ...["--setenv", "PATH", "/usr/bin", "--setenv", "HOME", "/root", "--setenv", "API_KEY", "CANARY-ENVIRONMENT"],
      ...["--", "/own/bash", "--norc", "--noprofile", "-c", each],
    ];
  }

  /** With names of files that would be options, and programs that would be taken for others. */
  #fill(workspace: string): void {
    for (const folder of ["src", "node_modules", "sub"]) mkdirSync(join(workspace, folder));
    const names =
      "README.md CHANGELOG.md data.csv a b c x y src/index.ts src/a.ts -exec -delete -o --pre=x.sh -i -fprint x.sed";
    for (const name of names.split(" ")) writeFileSync(join(workspace, name), "1e ./x.sh\nw out\nfoo,bar TODO\n");
    for (const name of ["x.sh", "ls", "cat", "sub/ls", "src/cat"]) this.#tripwire(join(workspace, name));
  }

  #tripwire(path: string): void {
    writeFileSync(path, '#!/own/bash\necho "$0" >> /hit/log\n');
    chmodSync(path, 0o755);
  }

  #directory(name: string): string {
    const path = join(this.#base, name);
    mkdirSync(path, { recursive: true });
    return path;
  }

  [Symbol.dispose](): void {
    rmSync(this.#base, { recursive: true, force: true });
  }
}

function findProgram(name: string): string {
  const found = ["/usr/bin", "/bin"].map((folder) => join(folder, name)).find((path) => existsSync(path));
  if (found === undefined) throw new Error(`There is no ${name} to run lines with.`);
  return found;
}

function snapshot(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .toSorted()
    .map((name) => {
      const { mtimeMs, mode, size } = statSync(join(folder, name));
      return `${name} ${mode} ${size} ${mtimeMs} ${name === "log" ? readFileSync(join(folder, name), "utf8") : ""}`;
    });
}

function readLog(names: string[] | undefined): string {
  return names?.join("\n") ?? "";
}
