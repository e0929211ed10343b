/**
 * What the pipeline is wired with: the parts of rxjs that it uses, each from a file of its own. The whole of rxjs, with its
 * schedulers and its animation frames, takes as long to load as all of Sluice.
 */
export { lastValueFrom } from "rxjs/internal/lastValueFrom";
export { Observable } from "rxjs/internal/Observable";
export { concat } from "rxjs/internal/observable/concat";
export { defer } from "rxjs/internal/observable/defer";
export { from } from "rxjs/internal/observable/from";
export { merge } from "rxjs/internal/observable/merge";
export { of } from "rxjs/internal/observable/of";
export { concatMap } from "rxjs/internal/operators/concatMap";
export { finalize } from "rxjs/internal/operators/finalize";
export { map } from "rxjs/internal/operators/map";
export { mergeMap } from "rxjs/internal/operators/mergeMap";
export { tap } from "rxjs/internal/operators/tap";
export { Subject } from "rxjs/internal/Subject";
export type { OperatorFunction } from "rxjs/internal/types";
