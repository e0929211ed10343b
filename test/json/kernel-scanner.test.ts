import { createKernelScanner } from "../../src/json/kernel-scanner.ts";
import { describeScanner } from "./describe-scanner.ts";

describeScanner("the kernel", () => createKernelScanner({ arenaBytes: 4 * 1024 * 1024 }));
