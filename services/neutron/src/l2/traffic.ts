/** What became of frames that did not arrive, since the process began. */
export interface Traffic {
  /** Not from where, or who, they should have come. */
  refused: number
  /** For somebody who did not take them fast enough. */
  dropped: number
}
