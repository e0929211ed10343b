/** What a measured pipeline is made of. */
export interface PipelineShape {
  /** The lines of its source, indented as below `sources`. */
  readonly source: string;
  /** Filters between `drop_system_users` and `redact`, each as a line of YAML. */
  readonly filters?: readonly string[];
}

/** The pipeline.yaml of the main job: drop system users, redact, one file per user and day. */
export function pipelineFile({ source, filters = [] }: PipelineShape): string {
  const between = filters.map((filter) => `  - ${filter}\n`).join("");
  return `data_dir: ./data
sources:
${source}
filters:
  - type: drop_system_users
${between}  - type: redact
sinks:
  per_user:
    type: file
    path: out/ocp-audit-{{ user.username }}/audit-%Y-%m-%d.log
`;
}

/** A source that reads a generated log. */
export const tailSource = (glob: string): string => `  log:\n    type: tail\n    paths: [${JSON.stringify(glob)}]`;

/** A source that receives EventLists. */
export const httpSource = (listen: string): string =>
  `  webhook:\n    type: http\n    listen: ${listen}\n    filters:\n      - type: split\n        field: items`;
