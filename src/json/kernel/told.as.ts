/**
 * What is told of strings beside where they lie: the numbers of texts, and times. Told of all the rows of a window at once,
 * when it is certain which of a repeated field counts.
 */
import { ELEMENTS, FLAGS, INVALID, nextRow } from "./rows.as";
import { noteTime } from "./time.as";
import { numberOf } from "./vocabulary.as";

/**
 * Four lists, one behind the other: of records the fields with texts and those with times, and the same of elements. Each
 * entry is the offset of the field's pair in the row and that of its cell.
 */
let recordTexts: usize = 0;
let recordTimes: usize = 0;
let elementTexts: usize = 0;
let elementTimes: usize = 0;
let listsEnd: usize = 0;

/** At `lists` stands where each of them begins, and where the last ends. */
export function openTold(lists: usize): void {
  recordTexts = load<u32>(lists, 0);
  recordTimes = load<u32>(lists, 4);
  elementTexts = load<u32>(lists, 8);
  elementTimes = load<u32>(lists, 12);
  listsEnd = load<u32>(lists, 16);
}

/** Fills the cells of the rows from `row` on. */
export function tell(row: usize, rowBytes: usize): void {
  if (recordTexts == listsEnd) return;
  while (row < nextRow) {
    if (!(load<u32>(row, FLAGS) & INVALID)) tellRow(row, recordTexts, recordTimes, elementTexts);
    const elements = row + rowBytes;
    row = elements + <usize>load<u32>(row, ELEMENTS) * rowBytes;
    for (let element = elements; element < row; element += rowBytes) {
      tellRow(element, elementTexts, elementTimes, listsEnd);
    }
  }
}

// @ts-ignore: decorator
@inline
function tellRow(row: usize, texts: usize, times: usize, end: usize): void {
  for (; texts < times; texts += 8) {
    const start = stringAt(row + load<u32>(texts));
    if (start) store<u32>(row + load<u32>(texts, 4), numberOf(start, load<u32>(row + load<u32>(texts), 4)));
  }
  for (; times < end; times += 8) {
    const start = stringAt(row + load<u32>(times));
    if (start) noteTime(row + load<u32>(times, 4), start, load<u32>(row + load<u32>(times), 4));
  }
}

/** Where the string begins that a pair delimits; 0 where it is none. */
// @ts-ignore: decorator
@inline
function stringAt(pair: usize): usize {
  const start = <usize>load<u32>(pair);
  return start && load<u8>(start) == 0x22 ? start : 0;
}
