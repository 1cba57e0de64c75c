import { widgetOf } from "../shared/widget";
import { showCodeView } from "./view";

export default widgetOf(showCodeView);
