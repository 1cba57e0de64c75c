import { widgetOf } from "../shared/widget";
import { showFlow } from "./view";

export default widgetOf(showFlow);
