import { widgetOf } from "../shared/widget";
import { CodeView } from "./view";

export default widgetOf(CodeView);
