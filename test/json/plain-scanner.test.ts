import { createPlainScanner } from "../../src/json/plain-scanner.ts";
import { describeScanner } from "./describe-scanner.ts";

describeScanner("the plain scanner", createPlainScanner);
