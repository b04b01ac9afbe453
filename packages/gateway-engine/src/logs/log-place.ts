/** The log of one program, or of one of its processes. */
export interface LogPlace {
  /** As it is shown before the lines: the application, with the process where it has several. */
  readonly name: string;
  /** The application that it belongs to. */
  readonly app: string;
  /** Undefined where the output goes elsewhere, or nowhere. */
  readonly file: string | undefined;
}

/** Those of an application, by its name or that of one of its processes. */
export function placesOf(app: string, places: readonly LogPlace[]): LogPlace[] {
  const ofApp = places.filter((place) => place.app === app);
  return ofApp.length > 0 ? ofApp : places.filter((place) => place.name === app);
}
