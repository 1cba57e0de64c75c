import { widgetOf } from "../shared/widget";
import { CompareView } from "./view";

export default widgetOf(CompareView);
