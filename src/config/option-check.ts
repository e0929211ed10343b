import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import type { ObjectSchema } from "../options.ts";
import type { Document } from "./document.ts";
import type { Finding } from "./finding.ts";
import { complainOfFormat } from "./format-check.ts";
import { strictSchema } from "./json-schema.ts";
import type { Pointer } from "./pointer.ts";
import { prepareValue } from "./prepared-value.ts";
import { explainErrors } from "./schema-error.ts";

/**
 * Checks the options of a component, which stand at `pointer`, and fills in the defaults.
 * @param title what the component is called: `sinks.search`
 */
export type OptionCheck = (
  options: Record<string, unknown>,
  schema: ObjectSchema,
  pointer: Pointer,
  title: string,
) => Promise<readonly Finding[]>;

/** Checks the options that stand in one document. @param baseDir where relative paths start */
export function createOptionCheck(document: Document, baseDir: string): OptionCheck {
  const ajv = new Ajv({
    allErrors: true,
    useDefaults: true,
    ownProperties: true,
    verbose: true,
    strict: false,
    validateFormats: false,
    // Schemas are TypeScript, checked there; a schema for schemas would only cost time at every start.
    meta: false,
    validateSchema: false,
    code: { optimize: false },
  });
  const compiled = new Map<ObjectSchema, ValidateFunction>();

  function compile(schema: ObjectSchema): ValidateFunction {
    const validate = compiled.get(schema) ?? ajv.compile(strictSchema(schema));
    compiled.set(schema, validate);
    return validate;
  }

  return async (options, schema, pointer, title) => {
    const texts = prepareValue(document, schema, options, pointer);
    const validate = compile(schema);
    validate(options);
    const findings: Finding[] = [...explainErrors(document, (validate.errors ?? []) as ErrorObject[], pointer, title)];
    for (const { text, format, pointer: place } of texts) {
      const spot = document.spots.get(place);
      if (spot?.broken) continue;
      const hidden = document.secrets.has(place) || (spot?.expressions.length ?? 0) > 0;
      const message = await complainOfFormat(text, format, baseDir, hidden);
      if (message !== undefined) findings.push({ pointer: place, message });
    }
    return findings;
  };
}
