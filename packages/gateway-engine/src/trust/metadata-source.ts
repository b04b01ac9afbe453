/** Where metadata files come from: a platform, or a bundle on a stick. */
export interface MetadataSource {
  /**
   * The file, or undefined when there is none. One that is longer than `maximumBytes` is not read to its end, nor waited
   * for without end.
   */
  get(file: string, maximumBytes: number, signal: AbortSignal): Promise<Buffer | undefined>;
}
