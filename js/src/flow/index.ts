import { widgetOf } from "../shared/widget";
import { FlowView } from "./view";

export default widgetOf(FlowView);
