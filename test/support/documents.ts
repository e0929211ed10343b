import fc from "fast-check";

/** Keys that meet often, some of them written in other letters: `"\u0061"` is `a`. */
const key = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('"a"', '"b"', '"c"') },
  { weight: 1, arbitrary: fc.constantFrom('"\\u0061"', '"\\u0062"', '"d"', '""', '"ключ"', '"a\\"b"', '"__proto__"') },
);
const space = fc.oneof(
  { weight: 6, arbitrary: fc.constant("") },
  { weight: 1, arbitrary: fc.constantFrom(" ", "  ", "\t") },
);
const scalar = fc.constantFrom(
  "1",
  "-0",
  "12345678901234567890",
  "1.50e+3",
  "true",
  "false",
  "null",
  '""',
  '"text"',
  '"\\u0041\\n"',
  '"}{],[:\\""',
  '"ключ"',
);

const { value, object } = fc.letrec<{ value: string; object: string; array: string }>((tie) => ({
  value: fc.oneof({ depthSize: "small", withCrossShrink: true }, scalar, tie("object"), tie("array")),
  array: fc
    .array(fc.tuple(space, tie("value"), space), { maxLength: 3 })
    .map((elements) => `[${elements.map((parts) => parts.join("")).join(",")}]`),
  object: fc
    .tuple(space, fc.array(fc.tuple(space, key, space, space, tie("value"), space), { maxLength: 4 }))
    .map(([inner, members]) => {
      if (members.length === 0) return `{${inner}}`;
      return `{${members.map(([a, name, b, c, json, d]) => `${a}${name}${b}:${c}${json}${d}`).join(",")}}`;
    }),
}));

/** The JSON text of an object: repeated and escaped keys, odd numbers and white space included; one line. */
export const documentText: fc.Arbitrary<string> = object;

/** The JSON text of any value. */
export const valueText: fc.Arbitrary<string> = value;

/** Keys that lead into such a document, or nearly. */
export const keyPath: fc.Arbitrary<string[]> = fc.array(fc.constantFrom("a", "b", "c", "d", "", "ключ"), {
  minLength: 1,
  maxLength: 3,
});
