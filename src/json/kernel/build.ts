/**
 * Builds `kernel.wasm` from `kernel.as.ts`: `node src/json/kernel/build.ts`. The same source and
 * compiler make the same bytes; `--check` compares them with the file and exits with 1 if they differ.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

interface Compiler {
  main(
    argv: string[],
    host: { writeFile(name: string, contents: Uint8Array | string): void },
  ): Promise<{ error: Error | null; stderr: { toString(): string } }>;
}

// Named by a variable: the compiler's own types would redeclare `console` and more for the whole project.
const COMPILER: string = "assemblyscript/asc";

const FOLDER = fileURLToPath(new URL(".", import.meta.url));
const TARGET = fileURLToPath(new URL("./kernel.wasm", import.meta.url));
const OUTPUT = "kernel.wasm";

const built = await build();
if (!process.argv.includes("--check")) {
  writeFileSync(TARGET, built);
  console.log(`${TARGET}: ${built.length} bytes`);
} else if (!readFileSync(TARGET).equals(built)) {
  console.error(`${TARGET} is not what its source makes: run "node src/json/kernel/build.ts" and commit the result`);
  process.exitCode = 1;
}

async function build(): Promise<Uint8Array> {
  const { main }: Compiler = await import(COMPILER);
  let output: Uint8Array | undefined;
  const { error, stderr } = await main(
    [
      ...["kernel.as.ts", "--outFile", OUTPUT, "--baseDir", FOLDER],
      ...["--optimizeLevel", "3", "--converge", "--noAssert"],
      ...["--runtime", "stub", "--importMemory", "--enable", "simd"],
    ],
    {
      writeFile(name, contents) {
        if (name === OUTPUT && contents instanceof Uint8Array) output = contents;
      },
    },
  );
  if (error) throw new Error(`the kernel does not compile:\n${stderr.toString()}`, { cause: error });
  if (output === undefined) throw new Error("the compiler wrote nothing");
  return output;
}
