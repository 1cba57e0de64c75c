import { widgetOf } from "../shared/widget";
import { showBranchTree } from "./view";

export default widgetOf(showBranchTree);
