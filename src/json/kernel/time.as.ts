/**
 * Times as programs write them, `2023-03-10T22:38:26.382098Z`: others are left to who asks for them. Events follow each
 * other closely, so most times are in the minute of the one before.
 */
const MINUTE: i32 = 60_000;
/** Bytes of `"2023-03-10T22:38:26Z"` and of what lies before its seconds. */
const SHORTEST: usize = 22;
const SECONDS: usize = 17;

/** The text of the minute read last, the day since 1970 that it is in, and the milliseconds of that day before it. */
let minuteLow: u64 = 0;
let minuteHigh: u64 = 0;
let day: i32 = 0;
let minute: i32 = 0;

/** Notes the day, and the milliseconds of the day, that the string [start, end) says, quotes included. */
export function noteTime(cell: usize, start: usize, end: usize): void {
  if (end - start < SHORTEST) return;
  if (load<u64>(start, 1) != minuteLow || load<u64>(start, 9) != minuteHigh) {
    if (!readMinute(start + 1)) return;
    minuteLow = load<u64>(start, 1);
    minuteHigh = load<u64>(start, 9);
  }
  let at = start + SECONDS;
  const tens = digit(at + 1);
  const ones = digit(at + 2);
  if (load<u8>(at) != 0x3a || tens > 5 || ones > 9) return;
  let milliseconds: u32 = (tens * 10 + ones) * 1000;
  at += 3;
  if (load<u8>(at) == 0x2e) {
    let worth: u32 = 100;
    // A digit is there at least; those below the millisecond are worth nothing.
    if (digit(++at) > 9) return;
    for (let next = digit(at); next <= 9; next = digit(++at)) {
      milliseconds += next * worth;
      worth /= 10;
    }
  }
  if (load<u16>(at) != 0x225a || at + 2 != end) return;
  store<i32>(cell, day);
  store<i32>(cell, minute + <i32>milliseconds, 4);
}

/** Whether `2023-03-10T22:38` stands at `at`; keeps its day and minute. */
function readMinute(at: usize): bool {
  const year = number(at) * 100 + number(at + 2);
  const month = number(at + 5);
  const dayOfMonth = number(at + 8);
  const hours = number(at + 11);
  const minutes = number(at + 14);
  // What is no number is larger than any.
  if (max(year, max(max(month, dayOfMonth), max(hours, minutes))) >= NO_NUMBER) return false;
  if (load<u8>(at, 4) != 0x2d || load<u8>(at, 7) != 0x2d || load<u8>(at, 10) != 0x54) return false;
  if (load<u8>(at, 13) != 0x3a || hours > 23 || minutes > 59) return false;
  if (month - 1 > 11 || dayOfMonth - 1 >= daysOf(year, month)) return false;
  day = daysSince1970(<i32>year, <i32>month, <i32>dayOfMonth);
  minute = <i32>(hours * 60 + minutes) * MINUTE;
  return true;
}

const NO_NUMBER: u32 = 10_000;

/** The two digits at `at`. */
function number(at: usize): u32 {
  const tens = digit(at);
  const ones = digit(at + 1);
  return tens > 9 || ones > 9 ? NO_NUMBER : tens * 10 + ones;
}

// @ts-ignore: decorator
@inline
function digit(at: usize): u32 {
  return <u32>load<u8>(at) - 0x30;
}

function daysOf(year: u32, month: u32): u32 {
  if (month == 2) return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/** Days from 1970-01-01 to a day of the Gregorian calendar, in years that begin in March. */
function daysSince1970(year: i32, month: i32, dayOfMonth: i32): i32 {
  // An era of 400 years is added first and taken off at the end: no year is negative.
  const shifted = year + 400 - (month <= 2 ? 1 : 0);
  const dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + dayOfMonth - 1;
  return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468 - 146_097;
}
