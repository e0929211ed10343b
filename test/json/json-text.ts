import fc from "fast-check";

/** Keys that the tests' layouts note and watch, some written with escapes, some that only look alike. */
const KEYS = [
  '"a"',
  '"b"',
  '"user"',
  '"username"',
  '"items"',
  '"kind"',
  '"note"',
  '""',
  '"ключ"',
  '"\\u0061"',
  '"us\\u0065r"',
  '"it\\u0065ms"',
  '"k\\u0069nd"',
  '"A"',
  '"usern"',
  '"a key of more than thirty-two bytes, for the wide comparisons"',
];

const SCALARS = ["0", "-0", "1", "-1.5e+300", "12345678901234567890123", "0.1E-7", "true", "false", "null"];
const STRINGS = [
  '"Secret"',
  '"ConfigMap"',
  '"S\\u0065cret"',
  '"Secret "',
  '""',
  '"\\ud800"',
  '"é 😀 \u2028"',
  '"}],\\"{["',
];

const space = fc.constantFrom("", "", "", "", "", " ", "\t", "\r", "  ");
const text = fc.oneof(
  fc.constantFrom(...STRINGS),
  fc.string({ unit: "binary", maxLength: 40 }).map((value) => JSON.stringify(value)),
);
const scalar = fc.oneof(
  fc.constantFrom(...SCALARS),
  text,
  fc.double({ noDefaultInfinity: true, noNaN: true }).map(String),
);
const spaced = (value: fc.Arbitrary<string>) => fc.tuple(space, value, space).map((parts) => parts.join(""));
// No key holds a backslash: once V8 has met one, its JSON.parse misreads escaped keys (see `decodeValue`).
const anyKey = text.filter((json) => !(JSON.parse(json) as string).includes("\\"));
const key = fc.oneof({ arbitrary: fc.constantFrom(...KEYS), weight: 8 }, { arbitrary: anyKey, weight: 1 });

const { value, object } = fc.letrec<{ value: string; object: string; array: string }>((tie) => ({
  value: fc.oneof({ depthSize: "small", maxDepth: 4 }, scalar, tie("object"), tie("array")),
  object: fc
    .array(fc.tuple(spaced(key), spaced(tie("value"))), { maxLength: 6 })
    .map((members) => `{${members.map(([name, member]) => `${name}:${member}`).join(",")}}`),
  array: fc
    .oneof(fc.array(spaced(tie("object")), { maxLength: 4 }), fc.array(spaced(tie("value")), { maxLength: 4 }))
    .map((elements) => `[${elements.join(",")}]`),
}));

/** The text of a JSON value, mostly an object, as no serializer would write it: spaces, repeated and escaped keys. No LF. */
export const jsonText: fc.Arbitrary<string> = fc.oneof(
  { arbitrary: object, weight: 4 },
  { arbitrary: value, weight: 1 },
);

const PIECES = [
  0x22, 0x5c, 0x7b, 0x7d, 0x5b, 0x5d, 0x2c, 0x3a, 0x20, 0x0d, 0x30, 0x2d, 0x2e, 0x65, 0x00, 0x1f, 0x80, 0xc0, 0xe0,
  0xed, 0xf4, 0xff,
];

const mutation = fc.record({
  at: fc.nat(),
  remove: fc.nat({ max: 2 }),
  insert: fc.array(fc.oneof(fc.constantFrom(...PIECES), fc.nat({ max: 255 })), { maxLength: 2 }),
});

/** The same, as bytes, with up to three places changed at random: about half of it is no JSON any more. */
export const brokenJson: fc.Arbitrary<Buffer> = fc
  .tuple(jsonText, fc.array(mutation, { maxLength: 3 }))
  .map(([json, mutations]) => {
    let bytes = Buffer.from(json);
    for (const { at, remove, insert } of mutations) {
      const cut = at % (bytes.length + 1);
      bytes = Buffer.concat([bytes.subarray(0, cut), Buffer.from(insert), bytes.subarray(cut + remove)]);
    }
    return bytes;
  });
