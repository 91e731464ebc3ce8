// The table that is printed, and out/bench.json.
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { dirname } from "node:path";
import type { Results, RowSpec } from "./measure.ts";
import type { PeerName } from "./peers.ts";

type Verdict = "pass" | "behind" | "-";

interface Summary {
  median: number;
  min: number;
  max: number;
  runs: number;
}

export interface ReportRow extends RowSpec {
  belay: Summary | null;
  codex: Summary | null;
  /** Of costs, ours to theirs, by the medians; below 1 we are better. Null without a peer. */
  ratio: number | null;
  /** The same by the best run of each, which other load on the machine touches least. */
  bestRatio: number | null;
  verdict: Verdict;
  note: string | null;
}

export function reportRow(spec: RowSpec, { samples, notes }: Results): ReportRow {
  const of = (name: PeerName) => summarise(samples.get(spec.id)?.[name] ?? []);
  const [belay, codex] = [of("belay"), of("codex")];
  const isRate = spec.unit === "1/s" || spec.unit === "%";
  const cost = (ours: number, theirs: number) => (isRate ? theirs / ours : ours / theirs);
  const best = ({ min, max }: Summary) => (isRate ? max : min);
  const both = belay !== null && codex !== null;
  const ratio = both ? cost(belay.median, codex.median) : null;
  return {
    ...spec,
    belay,
    codex,
    ratio,
    bestRatio: both ? cost(best(belay), best(codex)) : null,
    verdict: verdictOf(spec, { ratio, median: belay?.median ?? null }),
    note: notes.get(spec.id) ?? null,
  };
}

function verdictOf(
  { bar, limit }: RowSpec,
  { ratio, median }: { ratio: number | null; median: number | null },
): Verdict {
  if (limit !== undefined && median !== null) return median <= limit ? "pass" : "behind";
  return ratio === null || bar === null ? "-" : ratio <= bar ? "pass" : "behind";
}

const columns = ["row", "what", "belay", "codex", "unit", "ratio", "best", "bar", "", "runs"];

export function tableOf(rows: readonly ReportRow[]): string {
  const cells = rows.map((row) => [
    row.id,
    row.what,
    value(row.belay),
    value(row.codex),
    row.unit,
    row.ratio?.toFixed(2) ?? "-",
    row.bestRatio?.toFixed(2) ?? "-",
    row.limit === undefined ? (row.bar === null ? "-" : `<=${row.bar}`) : `<=${row.limit} ${row.unit}`,
    row.verdict,
    [...new Set([row.belay?.runs, row.codex?.runs].filter((runs) => runs !== undefined))].join("/"),
  ]);
  const widths = columns.map((_, column) => Math.max(...[columns, ...cells].map((row) => row[column]?.length ?? 0)));
  const isNumber = new Set([2, 3, 5, 6, 9]);
  const lines = [columns, ...cells].map((row) =>
    row
      .map((cell, at) => (isNumber.has(at) ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
  const notes = rows.filter(({ note }) => note !== null).map(({ id, note }) => `  ${id}: ${note}`);
  return [...lines, ...(notes.length > 0 ? ["", "Notes", ...notes] : []), ""].join("\n");
}

export function writeReport(file: string, rows: readonly ReportRow[], about: Record<string, unknown>): void {
  mkdirSync(dirname(file), { recursive: true });
  const machine = { node: process.version, platform: process.platform, cpus: cpus().length, loadAfter: loadavg()[0] };
  writeFileSync(
    file,
    `${JSON.stringify({ measuredAt: new Date().toISOString(), ...machine, ...about, rows }, null, 2)}\n`,
  );
}

function summarise(values: readonly number[]): Summary | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? at(middle) : (at(middle - 1) + at(middle)) / 2;
  return { median, min: at(0), max: at(sorted.length - 1), runs: sorted.length };
}

function value(summary: Summary | null): string {
  if (summary === null) return "-";
  const { median } = summary;
  return median >= 1000 ? median.toFixed(0) : median >= 10 ? median.toFixed(1) : median.toFixed(2);
}
