/** All that a component is written with: those that ship with Sluice, and your own. */
export type * from "./contract.ts";
export * from "./definition.ts";
export { Condition } from "./event/condition.ts";
export { type Edit, edit, nest } from "./event/edit.ts";
export { type Event, type FieldWatch, type Origin, watch } from "./event/event.ts";
export { type FieldPath, field, isWithin, join } from "./event/field-path.ts";
export { judge, type Witness } from "./event/judge.ts";
export { NotYet } from "./event/not-yet.ts";
export { Template, type TemplatePart } from "./event/template.ts";
export { createBodyFramer } from "./json/body-framer.ts";
export { type Framed, Framer, InvalidBody } from "./json/frame.ts";
export type { Json, JsonObject } from "./json/json.ts";
export { decodeString, findAll, type Span, skipValue, stringEquals, walkObject } from "./json/walk.ts";
export type { Work } from "./observe/health.ts";
export type { Log, LogFields } from "./observe/log.ts";
export { byteCount, milliseconds, type ObjectSchema, type OptionsOf } from "./options.ts";
export type { FileSystem } from "./store/file-system.ts";
export { JournalFull } from "./store/journal-full.ts";
