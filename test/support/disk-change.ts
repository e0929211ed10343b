/** A name in a folder. Files and folders are known by the numbers of their inodes. */
export interface Place {
  readonly folder: number;
  readonly name: string;
}

/** What was done to the disk, or what was made to last, in the order in which it happened. */
export type DiskChange =
  | { readonly kind: "birth"; readonly at: Place; readonly inode: number; readonly isFolder: boolean }
  | { readonly kind: "write"; readonly inode: number; readonly offset: number; readonly base64: string }
  | { readonly kind: "truncation"; readonly inode: number; readonly length: number }
  | { readonly kind: "rename"; readonly from: Place; readonly to: Place; readonly inode: number }
  | { readonly kind: "removal"; readonly at: Place; readonly inode: number }
  /** The bytes of a file, or the names in a folder. */
  | { readonly kind: "sync"; readonly inode: number }
  | { readonly kind: "sync of all" };
