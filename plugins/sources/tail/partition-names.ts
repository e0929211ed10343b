import type { Stats } from "node:fs";

/**
 * Names partitions `device-inode-birth-generation`: what is read of one incarnation of a file is one partition, and a file that was
 * truncated begins the next generation. A file that got the inode of another was born at another time.
 */
export class PartitionNames {
  readonly #generations = new Map<string, number>();

  /** A name that was given in an earlier run. */
  know(partition: string): void {
    const cut = partition.lastIndexOf("-");
    const [file, generation] = [partition.slice(0, cut), Number(partition.slice(cut + 1))];
    this.#generations.set(file, Math.max(generation, this.#generations.get(file) ?? 0));
  }

  /** The name of what is read of a file from now on. */
  next({ dev, ino, birthtimeMs }: Pick<Stats, "dev" | "ino" | "birthtimeMs">): string {
    const file = `${dev}-${ino}-${Math.floor(birthtimeMs).toString(36)}`;
    const generation = (this.#generations.get(file) ?? -1) + 1;
    this.#generations.set(file, generation);
    return `${file}-${generation}`;
  }

  /** No file will ask for the generation behind this one: its file is gone. */
  forget(partition: string): void {
    this.#generations.delete(partition.slice(0, partition.lastIndexOf("-")));
  }
}

/** Later generations of a file come first. */
export const byGeneration = (one: string, other: string): number => generationOf(other) - generationOf(one);

const generationOf = (partition: string): number => Number(partition.slice(partition.lastIndexOf("-") + 1));
