import { widgetOf } from "../shared/widget";
import { showLensMap } from "./view";

export default widgetOf(showLensMap);
