import { widgetOf } from "../shared/widget";
import { LensMapView } from "./view";

export default widgetOf(LensMapView);
