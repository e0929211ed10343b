import { field } from "./field-path.ts";
import { wordsOf } from "./words.ts";

/**
 * Where an event's time stands, best first: Kubernetes' audit.k8s.io/v1 and v1beta1 fields, then the
 * same below `event`, as in the layout that Logstash users know.
 */
export const TIME_FIELDS = [
  field("stageTimestamp"),
  field("requestReceivedTimestamp"),
  field("timestamp"),
  field("event.stageTimestamp"),
  field("event.requestReceivedTimestamp"),
  field("event.timestamp"),
] as const;

const SECOND = 1000;
const MINUTE = 60 * SECOND;
/** In milliseconds. */
export const DAY = 24 * 60 * MINUTE;
const [SHORTEST, SECONDS, FRACTION] = ["0000-00-00T00:00:00Z".length, ":00".length, ".".length];
const MINUTE_LENGTH = "0000-00-00T00:00".length;
const [COLON, DOT, DASH, PLUS] = [0x3a, 0x2e, 0x2d, 0x2b];
const [DIGIT_0, DIGITS] = [0x30, 10];

/** What the first digits of a fraction are multiples of, by how many there are; of none it is no time. */
const MILLISECONDS_OF = [Number.NaN, 100, 10, 1];

// The last minute that was read, as text (four words) and as time: events follow each other closely.
let [year, monthAndDay, dayAndHour, hourAndMinute] = [0, 0, 0, 0];
let minute = Number.NaN;

/**
 * Milliseconds since 1970 of an RFC 3339 time (`2023-03-10T22:38:26.382098Z`) in `buffer[start, end)`,
 * quotes left out; NaN for what is none. Read from the bytes, as no two events share the text.
 */
export function parseTime(buffer: Uint8Array, start: number, end: number): number {
  if (end - start < SHORTEST) return Number.NaN;
  const words = wordsOf(buffer);
  if (
    words.getInt32(start + 12, true) !== hourAndMinute ||
    words.getInt32(start + 8, true) !== dayAndHour ||
    words.getInt32(start + 4, true) !== monthAndDay ||
    words.getInt32(start, true) !== year
  ) {
    minute = parseMinute(buffer, start);
    year = words.getInt32(start, true);
    monthAndDay = words.getInt32(start + 4, true);
    dayAndHour = words.getInt32(start + 8, true);
    hourAndMinute = words.getInt32(start + 12, true);
  }
  const at = start + MINUTE_LENGTH;
  const tens = buffer[at + 1] - DIGIT_0;
  const ones = buffer[at + 2] - DIGIT_0;
  const seconds = tens * 10 + ones;
  if (buffer[at] !== COLON || tens < 0 || ones < 0 || ones >= DIGITS || seconds > 60) return Number.NaN;
  return minute + seconds * SECOND + parseRest(buffer, at + SECONDS, end);
}

/** Milliseconds since 1970 of `2023-03-10T22:38`, as if it were UTC. */
function parseMinute(buffer: Uint8Array, start: number): number {
  const year = digits(buffer, start, 4);
  const month = digits(buffer, start + 5, 2);
  const day = digits(buffer, start + 8, 2);
  const hours = digits(buffer, start + 11, 2);
  const minutes = digits(buffer, start + 14, 2);
  const letter = buffer[start + 10] | 0x20;
  const isParted = buffer[start + 4] === DASH && buffer[start + 7] === DASH && buffer[start + 13] === COLON;
  const isTime = (letter === 0x74 || letter === 0x20) && hours <= 23 && minutes <= 59;
  if (!isParted || !isTime || !(day >= 1 && day <= daysInMonth(year, month))) return Number.NaN;
  return daysSince1970(year, month, day) * DAY + (hours * 60 + minutes) * MINUTE;
}

/** What a fraction of a second and a zone add to a time; digits below the millisecond are cut off. */
function parseRest(buffer: Uint8Array, start: number, end: number): number {
  if (buffer[start] !== DOT) return -zoneShift(buffer, start, end);
  const first = start + FRACTION;
  let at = first;
  let fraction = 0;
  for (; at < end; at++) {
    const digit = buffer[at] - 0x30;
    if (digit < 0 || digit > 9) break;
    if (at - first < 3) fraction = fraction * 10 + digit;
  }
  return fraction * MILLISECONDS_OF[Math.min(at - first, 3)] - zoneShift(buffer, at, end);
}

/** How far the zone at the end of a time is ahead of UTC, in milliseconds. */
function zoneShift(buffer: Uint8Array, at: number, end: number): number {
  const sign = buffer[at];
  if (sign === 0x5a || sign === 0x7a) return at + 1 === end ? 0 : Number.NaN;
  if ((sign !== PLUS && sign !== DASH) || at + 6 !== end || buffer[at + 3] !== COLON) return Number.NaN;
  const hours = digits(buffer, at + 1, 2);
  const minutes = digits(buffer, at + 4, 2);
  if (!(hours <= 23 && minutes <= 59)) return Number.NaN;
  return (sign === DASH ? -1 : 1) * (hours * 60 + minutes) * MINUTE;
}

function digits(buffer: Uint8Array, start: number, count: number): number {
  let number = 0;
  for (let at = start; at < start + count; at++) {
    const digit = buffer[at] - 0x30;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    number = number * 10 + digit;
  }
  return number;
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  if (month === 4 || month === 6 || month === 9 || month === 11) return 30;
  return month >= 1 && month <= 12 ? 31 : 0;
}

/** Days from 1970-01-01 to a day of the Gregorian calendar, by eras of 400 years that begin in March. */
function daysSince1970(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}
