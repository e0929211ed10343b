import fc from "fast-check";

/** Keys that the tests' layouts note and watch, and some that only look alike. */
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
  '"A"',
  '"usern"',
  '"a key of more than thirty-two bytes, for the wide comparisons"',
];
const ESCAPED_KEYS = ['"\\u0061"', '"us\\u0065r"', '"it\\u0065ms"', '"k\\u0069nd"', '"n\\u006fte"'];
const STRINGS = ['"Secret"', '"a SecretList"', '"ConfigMap"', '"Secret "', '""', '"é 😀 \u2028"', '"}],:{["'];
const ESCAPED_STRINGS = [
  '"{\\"kind\\":\\"Secret\\"}"',
  '"{\\"kind\\":\\"S\\\\u0065cret\\"}"',
  '"\\\\u\\u00300\\u003c5\\u0026"',
  '"\\u003c\\u0026 Secre"',
  '"\\\\u004"',
  '"\\\\u003"',
  '"S\\u0065cret"',
  '"\\ud800"',
  '"}],\\"{["',
  '"\\\\"',
];
const SCALARS = ["0", "-0", "1", "-1.5e+300", "12345678901234567890123", "0.1E-7", "true", "false", "null"];

const space = fc.constantFrom("", "", "", "", "", " ", "\t", "\r", "  ");
const spaced = (text: fc.Arbitrary<string>) => fc.tuple(space, text, space).map((parts) => parts.join(""));
const listOf = (text: fc.Arbitrary<string>) =>
  fc.array(spaced(text), { maxLength: 3 }).map((elements) => `[${elements.join(",")}]`);

/** Texts of JSON values made of these keys and scalars, members that the layouts look for among them. */
function growText(key: fc.Arbitrary<string>, scalar: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const { value, object } = fc.letrec<{ value: string; object: string }>((tie) => {
    const member = fc.oneof(
      { arbitrary: fc.tuple(spaced(key), spaced(tie("value"))), weight: 4 },
      { arbitrary: fc.tuple(fc.constantFrom('"items"', '"user"'), listOf(tie("object"))), weight: 1 },
      { arbitrary: fc.tuple(fc.constantFrom('"user"', '"a"', '"b"'), tie("object")), weight: 1 },
    );
    return {
      value: fc.oneof({ depthSize: "small", maxDepth: 4 }, scalar, tie("object"), listOf(tie("value"))),
      object: fc
        .oneof({ depthSize: "small", maxDepth: 4 }, fc.constant([]), fc.array(member, { minLength: 1, maxLength: 6 }))
        .map((members) => `{${members.map((pair) => pair.join(":")).join(",")}}`),
    };
  });
  return fc.oneof(
    { arbitrary: object, weight: 6 },
    { arbitrary: listOf(object), weight: 1 },
    { arbitrary: value, weight: 1 },
  );
}

const plainScalar = fc.oneof(fc.constantFrom(...STRINGS), fc.constantFrom(...SCALARS));
const anyText = fc.string({ unit: "binary", maxLength: 40 }).map((text) => JSON.stringify(text));
const anyNumber = fc.double({ noDefaultInfinity: true, noNaN: true }).map(String);
// No key holds a backslash: once V8 has met one, its JSON.parse misreads escaped keys (see `decodeValue`).
const anyKey = anyText.filter((json) => !(JSON.parse(json) as string).includes("\\"));

/**
 * The text of a JSON value, mostly an object, as no serializer would write it: with spaces, repeated keys and,
 * in one text of three, keys and strings with escapes. It has no LF.
 */
export const jsonText: fc.Arbitrary<string> = fc.oneof(
  { arbitrary: growText(fc.constantFrom(...KEYS), plainScalar), weight: 2 },
  {
    arbitrary: growText(
      fc.oneof(
        { arbitrary: fc.constantFrom(...KEYS), weight: 6 },
        { arbitrary: fc.constantFrom(...ESCAPED_KEYS), weight: 1 },
        { arbitrary: anyKey, weight: 1 },
      ),
      fc.oneof(plainScalar, fc.constantFrom(...ESCAPED_STRINGS), anyText, anyNumber),
    ),
    weight: 1,
  },
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
