import assert from "node:assert/strict";
import { hostname } from "node:os";
import { test } from "node:test";
import { nest } from "../../src/event/edit.ts";
import { TIME_FIELDS } from "../../src/event/event-time.ts";
import { field } from "../../src/event/field-path.ts";
import { Template, type TemplateOptions } from "../../src/event/template.ts";
import { TIME_CODES } from "../../src/event/time-code.ts";
import { eventsOf, ORIGIN } from "../support/events.ts";

const render = (template: string, event: object | string, options?: TemplateOptions): string =>
  Template.parse(template, options).render(eventsOf([event as string])[0]);
const at = (time: string, form: string, timeZone?: string): string =>
  render(form, { stageTimestamp: time }, { times: true, timeZone });

test("text without places is itself", () => {
  for (const text of ["", "plain", "100 %", "%Y", "{", "}} {", "a { b } c", "ключ\n"])
    assert.equal(render(text, {}), text);
});

test("a place is filled with the field's text", () => {
  const event = { user: { username: "alice" }, annotations: { "a/b": "x", "}}": "braces", "it's": "quote" } };
  assert.equal(render("<{{ user.username }}|{{user.username}}>", event), "<alice|alice>");
  assert.equal(render('{{ annotations["a/b"] }}', event), "x");
  assert.equal(render('{{ annotations["}}"] }}{{ annotations["it\'s"] }}', event), "bracesquote");
});

test("numbers and booleans are written to the letter", () => {
  const line = '{"big":12345678901234567890,"form":-1.50E+3,"yes":true,"no":false}';
  assert.equal(render("{{ big }} {{ form }} {{ yes }} {{ no }}", line), "12345678901234567890 -1.50E+3 true false");
});

test("absent fields, null, objects and arrays have no text", () => {
  const template = Template.parse("{{ a }}{{ b }}{{ c }}{{ d }}{{ e }}");
  const [event] = eventsOf([{ a: null, b: {}, c: [1], e: "" }]);
  assert.deepEqual(
    template.parts.map((part) => part.text(event)),
    [undefined, undefined, undefined, undefined, ""],
  );
  assert.equal(template.render(event), "");
});

test("a value that looks like a place is only text", () => {
  assert.equal(
    render("{{ a }}-%Y", { a: "{{ b }}%Y", b: "no", timestamp: "2024-01-01T00:00:00Z" }, { times: true }),
    "{{ b }}%Y-2024",
  );
});

test("origins fill their places", () => {
  assert.equal(
    render("{{ @source }} {{ @path }} {{ @offset }} {{ @host }}", {}),
    `test /var/log/audit.log 0 ${hostname()}`,
  );
  assert.equal(Template.parse("{{ @remote }}").parts[0].text(eventsOf([{}])[0]), undefined);
  assert.equal(render('{{ ["@host"] }}', { "@host": "a field" }), "a field");
});

test("a template tells what it reads, the time's fields included, each once", () => {
  assert.deepEqual(Template.parse("{{ a }}{{ b.c }}{{ a }}").fields, [field("a"), field("b.c")]);
  assert.deepEqual(Template.parse("{{ stageTimestamp }}/%Y", { times: true }).fields, TIME_FIELDS);
});

test("time codes and the text between them are one part, unless a slash parts them", () => {
  const parts = Template.parse("out/{{ user }}/%Y/%m-%d 100%%/x.log", { times: true }).parts;
  assert.deepEqual(
    parts.map((part) => (part.kind === "literal" ? part.literal : part.kind === "time" ? [part.form] : part.kind)),
    ["out/", "field", "/", ["%Y"], "/", ["%m-%d"], " 100%/x.log"],
  );
  assert.equal(at("2024-02-03T04:05:06Z", "%Y%%Y-%d%%"), "2024%Y-03%");
});

test("every time code is printed as strftime prints it", () => {
  const expected: Record<string, string> = {
    Y: "2024",
    y: "24",
    m: "02",
    d: "03",
    e: " 3",
    j: "034",
    b: "Feb",
    B: "February",
    a: "Sat",
    A: "Saturday",
    u: "6",
    G: "2024",
    g: "24",
    V: "05",
    F: "2024-02-03",
    H: "14",
    I: "02",
    p: "PM",
    M: "05",
    R: "14:05",
    S: "06",
    T: "14:05:06",
    L: "078",
    s: "1706969106",
    z: "+0000",
  };
  for (const letter of TIME_CODES.keys())
    assert.equal(at("2024-02-03T14:05:06.0789Z", `%${letter}`), expected[letter], letter);
});

test("ISO weeks belong to the year of their Thursday", () => {
  const weeks = {
    "2021-01-03": "2020-W53-7",
    "2021-01-04": "2021-W01-1",
    "2018-12-31": "2019-W01-1",
    "2016-01-01": "2015-W53-5",
  };
  for (const [date, week] of Object.entries(weeks)) assert.equal(at(`${date}T12:00:00Z`, "%G-W%V-%u"), week);
});

test("years from 0000 to 9999 have four digits, whatever the zone makes of them", () => {
  assert.equal(at("0000-01-01T00:00:00Z", "%Y %y %F %j"), "0000 00 0000-01-01 001");
  assert.equal(at("9999-12-31T23:59:59Z", "%Y", "Asia/Tokyo"), "10000");
});

test("times are those of the zone, over every change of its clocks", () => {
  assert.equal(at("2024-03-31T00:59:59Z", "%F %T %z", "Europe/Berlin"), "2024-03-31 01:59:59 +0100");
  assert.equal(at("2024-03-31T01:00:00Z", "%F %T %z", "Europe/Berlin"), "2024-03-31 03:00:00 +0200");
  assert.equal(at("2024-06-01T18:20:00Z", "%F %R", "Asia/Kathmandu"), "2024-06-02 00:05");
  // St. John's put its clocks back one minute after midnight: the day before came once more.
  const days = ["02:30:59", "02:31:00"].map((time) => at(`2010-11-07T${time}Z`, "%d", "America/St_Johns"));
  assert.deepEqual(days, ["07", "06"]);
  // Liberia's clocks were 44 minutes and 30 seconds behind UTC until 1972.
  assert.equal(at("1971-06-01T00:44:30Z", "%F", "Africa/Monrovia"), "1971-06-01");
  assert.equal(at("1971-06-01T00:44:29Z", "%F", "Africa/Monrovia"), "1971-05-31");
});

test("what is kept of printed times never shows at another time", () => {
  for (const [form, zone] of [
    ["%F", "UTC"],
    ["%H", "UTC"],
    ["%M", "Asia/Kolkata"],
    ["%S", "UTC"],
    ["%L", "UTC"],
    ["%d %z", "America/New_York"],
  ]) {
    const template = Template.parse(form, { times: true, timeZone: zone });
    for (let step = 0; step < 300; step++) {
      const time = new Date(Date.UTC(2024, 2, 10) + (((step * 7919) % 300) - 150) * 599_999).toISOString();
      assert.equal(template.render(eventsOf([{ timestamp: time }])[0]), at(time, form, zone), `${form} ${time}`);
    }
  }
});

test("the time of a nested event is that of the inner one; an event without a time has that of its arrival", () => {
  const template = Template.parse("%F", { times: true });
  const [event] = eventsOf([{ stageTimestamp: "2020-05-06T00:00:00Z" }]);
  assert.equal(template.render(nest(event, "event")), "2020-05-06");
  assert.equal(template.render(eventsOf([{}])[0]), new Date(ORIGIN.receivedAt).toISOString().slice(0, 10));
});

test("a wrong template is refused with the place and a remedy", () => {
  const wrong: [string, RegExp][] = [
    ["a{{ b", /character 2 .*"\}\}"/],
    ["{{ }}", /character 1 .*path\.to\.field/],
    ["x{{ @hots }}", /character 2 .*@hots.*@host, @source/],
    ["{{ a..b }}", /character 1 .*"a\.\.b" is no field path/],
    ["{{ a b }}", /no field path/],
    ['{{ "a }}', /character 1 .*"\}\}"/],
    ["%Y-%Q", /character 4 .*"%Q".*%Y %y.*%%/],
    ["é%", /character 2 .*% at the end/],
    ["%😀", /"%😀"/],
  ];
  for (const [text, message] of wrong) {
    assert.throws(() => Template.parse(text, { times: true }), { name: "SyntaxError", message }, text);
  }
  assert.throws(
    () => Template.parse("%Y", { times: true, timeZone: "Mars/Olympus" }),
    /no time zone "Mars\/Olympus".*Europe\/Berlin/,
  );
});
