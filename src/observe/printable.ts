/** Names in events are an attacker's text: no control characters reach a terminal. */
export const printable = (value: unknown): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  String(value).replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, "\ufffd");
