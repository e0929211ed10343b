/** What one letter behind a per cent sign stands for. */
export interface TimeCode {
  /** For the reference page and for complaints. */
  readonly meaning: string;
  /** Its text changes at multiples of so many milliseconds on the wall clock only. */
  readonly unit: number;
  /** `wall` shows in its UTC fields what the clocks of the zone show; they are `offset` milliseconds ahead of UTC. */
  print(wall: Date, offset: number): string;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MONTHS = "January February March April May June July August September October November December".split(" ");
const WEEKDAYS = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");

const year = (date: Date): string => pad(date.getUTCFullYear(), 4);
const month = (date: Date): string => pad(date.getUTCMonth() + 1, 2);
const day = (date: Date): string => pad(date.getUTCDate(), 2);
const hour = (date: Date): string => pad(date.getUTCHours(), 2);
const minute = (date: Date): string => pad(date.getUTCMinutes(), 2);
const second = (date: Date): string => pad(date.getUTCSeconds(), 2);

/** The strftime codes that templates know, by their letters. Names are English, whatever the machine speaks. */
export const TIME_CODES: ReadonlyMap<string, TimeCode> = new Map<string, TimeCode>([
  ["Y", { meaning: "year, four digits", unit: DAY, print: year }],
  ["y", { meaning: "year, two digits", unit: DAY, print: (date) => year(date).slice(-2) }],
  ["m", { meaning: "month, 01 to 12", unit: DAY, print: month }],
  ["d", { meaning: "day of the month, 01 to 31", unit: DAY, print: day }],
  [
    "e",
    { meaning: "day of the month, 1 to 31 after a blank", unit: DAY, print: (date) => day(date).replace(/^0/, " ") },
  ],
  ["j", { meaning: "day of the year, 001 to 366", unit: DAY, print: (date) => pad(dayOfYear(date), 3) }],
  ["b", { meaning: "month, three letters", unit: DAY, print: (date) => MONTHS[date.getUTCMonth()].slice(0, 3) }],
  ["B", { meaning: "month, in full", unit: DAY, print: (date) => MONTHS[date.getUTCMonth()] }],
  [
    "a",
    { meaning: "day of the week, three letters", unit: DAY, print: (date) => WEEKDAYS[date.getUTCDay()].slice(0, 3) },
  ],
  ["A", { meaning: "day of the week, in full", unit: DAY, print: (date) => WEEKDAYS[date.getUTCDay()] }],
  ["u", { meaning: "day of the week, 1 (Monday) to 7", unit: DAY, print: (date) => String(date.getUTCDay() || 7) }],
  ["G", { meaning: "year of the ISO week, four digits", unit: DAY, print: (date) => year(thursdayOf(date)) }],
  ["g", { meaning: "year of the ISO week, two digits", unit: DAY, print: (date) => year(thursdayOf(date)).slice(-2) }],
  [
    "V",
    { meaning: "ISO week, 01 to 53", unit: DAY, print: (date) => pad(Math.ceil(dayOfYear(thursdayOf(date)) / 7), 2) },
  ],
  ["F", { meaning: "date, as %Y-%m-%d", unit: DAY, print: (date) => `${year(date)}-${month(date)}-${day(date)}` }],
  ["H", { meaning: "hour, 00 to 23", unit: HOUR, print: hour }],
  ["I", { meaning: "hour, 01 to 12", unit: HOUR, print: (date) => pad(date.getUTCHours() % 12 || 12, 2) }],
  ["p", { meaning: "AM or PM", unit: HOUR, print: (date) => (date.getUTCHours() < 12 ? "AM" : "PM") }],
  ["M", { meaning: "minute, 00 to 59", unit: MINUTE, print: minute }],
  ["R", { meaning: "time, as %H:%M", unit: MINUTE, print: (date) => `${hour(date)}:${minute(date)}` }],
  ["S", { meaning: "second, 00 to 59", unit: SECOND, print: second }],
  [
    "T",
    { meaning: "time, as %H:%M:%S", unit: SECOND, print: (date) => `${hour(date)}:${minute(date)}:${second(date)}` },
  ],
  ["L", { meaning: "millisecond, 000 to 999", unit: 1, print: (date) => pad(date.getUTCMilliseconds(), 3) }],
  ["s", { meaning: "seconds since 1970", unit: SECOND, print: (date, offset) => secondsOf(date.getTime() - offset) }],
  ["z", { meaning: "offset from UTC, as +0130", unit: DAY, print: (_, offset) => printOffset(offset) }],
]);

function pad(number: number, width: number): string {
  return number < 0 ? `-${pad(-number, width)}` : String(number).padStart(width, "0");
}

function secondsOf(time: number): string {
  return String(Math.floor(time / SECOND));
}

function printOffset(offset: number): string {
  const minutes = Math.floor(Math.abs(offset) / MINUTE);
  return `${offset < 0 ? "-" : "+"}${pad(Math.floor(minutes / 60), 2)}${pad(minutes % 60, 2)}`;
}

function dayOfYear(date: Date): number {
  const yearStart = new Date(0).setUTCFullYear(date.getUTCFullYear());
  return Math.floor((date.getTime() - yearStart) / DAY) + 1;
}

/** The Thursday of the date's ISO week: its year is the week's year. */
function thursdayOf(date: Date): Date {
  return new Date(date.getTime() + (4 - (date.getUTCDay() || 7)) * DAY);
}
