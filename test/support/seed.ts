/** The seed that SEED names, to try again what failed; else another each time. */
export const someSeed = (): number => Number(process.env.SEED ?? Date.now() % 1_000_000);
