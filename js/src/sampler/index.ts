import { widgetOf } from "../shared/widget";
import { showSampler } from "./view";

export default widgetOf(showSampler);
