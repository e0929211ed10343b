/** The command as a Node finds it that is too old for it: it starts the one that is pinned. */
Object.defineProperty(process.versions, "node", { value: "20.0.0" });
await import(new URL("../../bin/sluice.js", import.meta.url).href);

export {};
