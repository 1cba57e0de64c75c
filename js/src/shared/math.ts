/** The parts of Math that views use all the time: as plain names they get shorter in the bundle. */
export const { abs, floor, max, min, round } = Math;
