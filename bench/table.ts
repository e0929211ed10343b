import { cpus, totalmem } from "node:os";
import { type Goal, NAMES } from "./goals.ts";
import { whereRunsWrite } from "./run-folder.ts";
import { eventsPerCpuSecond, megabytesPerSecond, type Result, type Results } from "./scenario.ts";

const HEADINGS = ["", "MB/s", "× JSON.parse", "events per CPU second", "wall s", "CPU s", "peak MB", "runs"];

/** Where and when it was measured: no figure without them. */
export function circumstances(): string {
  const processors = cpus();
  const memory = (totalmem() / 2 ** 30).toFixed(0);
  const day = new Date().toISOString().slice(0, 10);
  return `${day}, Node ${process.version}, ${processors.length} × ${processors[0]?.model.trim()}, ${memory} GiB; output to ${whereRunsWrite}`;
}

/** The results as a Markdown table, one line a scenario. */
export function resultTable(results: Results): string {
  const loop = results.get(NAMES.loop);
  return table(
    HEADINGS,
    [...results.values()].map((result) => row(result, loop)),
  );
}

/** The goals as a Markdown table. */
export function goalTable(goals: readonly Goal[]): string {
  const rows = goals.map(({ text, now, met }) => [
    text,
    now ?? "–",
    met === undefined ? "not measured" : met ? "yes" : "NO",
  ]);
  return table(["goal", "now", "reached"], rows);
}

function row(result: Result, loop: Result | undefined): string[] {
  const hasInput = result.scenario.bytes > 0;
  const speed = megabytesPerSecond(result);
  return [
    result.scenario.name,
    hasInput ? speed.toFixed(0) : "–",
    hasInput && loop ? (speed / megabytesPerSecond(loop)).toFixed(2) : "–",
    hasInput ? Math.round(eventsPerCpuSecond(result)).toLocaleString("en") : "–",
    (result.wall / 1e3).toFixed(2),
    (result.cpu / 1e3).toFixed(2),
    (result.peak / 1e6).toFixed(0),
    String(result.runs),
  ];
}

/** A Markdown table. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((cells) => cells[column].length)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join(" | ")} |`;
  const rule = `| ${widths.map((width, column) => (column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`)).join(" | ")} |`;
  return [line(headings), rule, ...rows.map(line)].join("\n");
}
