"""What each node is, in the same words for every language."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tokenscope_widgets.code.grammars import canonical
from tokenscope_widgets.code.tree import Flags, SyntaxTree

_KINDS_OF: dict[str, str] = {
    "module": """
        module program translation_unit compilation_unit source_file document stylesheet mod_item
        namespace_definition namespace_declaration file_scoped_namespace_declaration internal_module
    """,
    "class": """
        class_definition class_declaration class abstract_class_declaration interface_declaration
        enum_declaration record_declaration annotation_type_declaration class_specifier struct_specifier
        union_specifier enum_specifier struct_declaration struct_item enum_item union_item trait_item
        impl_item trait_declaration type_spec singleton_class anonymous_class concept_definition
    """,
    "function": """
        function_definition function_declaration generator_function_declaration generator_function
        function_expression arrow_function method_definition method_declaration constructor_declaration
        compact_constructor_declaration destructor_declaration function_item function_signature_item
        method_signature abstract_method_signature function_signature func_literal local_function_statement
        operator_declaration conversion_operator_declaration anonymous_function anonymous_method_expression
        method singleton_method macro_definition preproc_function_def method_elem
        annotation_type_element_declaration
    """,
    "block": """
        block statement_block compound_statement class_body interface_body enum_body declaration_list
        field_declaration_list switch_block switch_body match_block do_block block_body body_statement
        constructor_body do_group colon_block enum_declaration_list enum_variant_list enumerator_list
        enum_member_declaration_list class_static_block static_initializer unsafe_block async_block then
        begin_block end_block begin element script_element style_element keyframe_block_list
    """,
    "statement.import": """
        import_statement import_from_statement future_import_statement import_declaration preproc_include
        using_directive use_declaration extern_crate_declaration namespace_use_declaration
        package_declaration package_clause import_alias charset_statement
    """,
    "statement.assign": """
        assignment augmented_assignment assignment_expression augmented_assignment_expression
        compound_assignment_expr assignment_statement short_var_declaration operator_assignment
        variable_assignment inc_statement dec_statement reference_assignment_expression
    """,
    "statement.return": "return_statement return_expression co_return_statement yield_statement return",
    "statement.raise": "raise_statement throw_statement throw_expression",
    "statement.branch": """
        if_statement match_statement switch_statement switch_expression if_expression match_expression
        expression_switch_statement type_switch_statement select_statement if unless case case_match
        if_modifier unless_modifier case_statement preproc_if preproc_ifdef
    """,
    "statement.loop": """
        for_statement while_statement do_statement for_in_statement enhanced_for_statement for_range_loop
        foreach_statement for_expression while_expression loop_expression c_style_for_statement while until
        for while_modifier until_modifier
    """,
    "statement.with": "with_statement using_statement lock_statement synchronized_statement fixed_statement",
    "statement.try": "try_statement try_with_resources_statement try_block seh_try_statement rescue_modifier",
    "statement.declaration": """
        declaration lexical_declaration variable_declaration local_variable_declaration field_declaration
        let_declaration const_declaration var_declaration const_item static_item type_item type_declaration
        type_definition alias_declaration type_alias type_alias_declaration type_alias_statement
        global_statement nonlocal_statement field_definition public_field_definition property_declaration
        property_signature using_declaration local_declaration_statement event_field_declaration
        global_declaration constant_declaration declaration_command function_static_declaration preproc_def
        rule_set media_statement keyframes_statement supports_statement delegate_declaration unset_command
        create_table create_view
    """,
    "statement.expression": """
        expression_statement assert_statement delete_statement pass_statement break_statement
        continue_statement print_statement exec_statement goto_statement empty_statement labeled_statement
        defer_statement go_statement send_statement debugger_statement echo_statement unset_statement
        break_expression continue_expression command pipeline redirected_statement test_command break next
        redo retry statement declare_statement fallthrough_statement static_assert_declaration
        exit_statement
    """,
    "expression.call": """
        call call_expression new_expression method_invocation object_creation_expression
        invocation_expression macro_invocation function_call_expression member_call_expression
        scoped_call_expression nullsafe_member_call_expression command_substitution
        implicit_object_creation_expression invocation explicit_constructor_invocation
    """,
    "expression.arguments": """
        argument_list arguments annotation_argument_list attribute_argument_list type_arguments
        bracketed_argument_list type_argument_list template_argument_list
    """,
    "expression.subscript": """
        subscript subscript_expression array_access index_expression slice_expression
        element_access_expression element_reference
    """,
    "expression.attribute": """
        attribute member_expression field_access field_expression selector_expression
        member_access_expression nullsafe_member_access_expression scoped_property_access_expression
        scope_resolution class_constant_access_expression scoped_identifier qualified_identifier
        qualified_name conditional_access_expression
    """,
    "expression.binary": """
        binary_operator boolean_operator comparison_operator unary_operator not_operator
        conditional_expression binary_expression unary_expression ternary_expression update_expression
        infix_expression logical_expression prefix_unary_expression postfix_unary_expression
        instanceof_expression cast_expression type_cast_expression as_expression is_expression
        is_pattern_expression binary unary conditional range range_expression reference_expression
        pointer_expression unary_op_expression satisfies_expression sizeof_expression postfix_expression
        negated_command
    """,
    "expression.collection": """
        list tuple set dictionary array object array_expression tuple_expression composite_literal
        initializer_list array_initializer array_creation_expression initializer_expression
        collection_expression struct_expression hash string_array symbol_array list_literal
        implicit_array_creation_expression element_value_array_initializer expression_list
    """,
    "expression.comprehension": """
        list_comprehension set_comprehension dictionary_comprehension generator_expression query_expression
    """,
    "expression.lambda": "lambda lambda_expression closure_expression",
    "expression.f_string": "template_string template_expression interpolated_string_expression encapsed_string",
}
STRUCTURES: tuple[str, ...] = (*_KINDS_OF, "other")
"""Every structure; its index is its code. ``statement.expression`` is also any statement without a class of its own."""

_CODE = {name: code for code, name in enumerate(STRUCTURES)}
_OTHER = _CODE["other"]
_OF_KIND = {kind: _CODE[name] for name, kinds in _KINDS_OF.items() for kind in kinds.split()}
_OF_KIND_IN: dict[str, dict[str, str]] = {
    "bash": {"list": "expression.binary", "case_item": "block"},
    "c": {"attribute": "other"},
    "cpp": {"attribute": "other"},
    "c_sharp": {"attribute": "other", "global_statement": "other", "variable_declaration": "other"},
    "go": {"expression_list": "other", "type_declaration": "other"},
    "html": {"attribute": "other"},
    "php": {"attribute": "other", "case_statement": "other"},
    "rust": {"attribute": "other"},
    "sql": {"program": "module", "list": "expression.collection", "case": "statement.branch", "binary": "other"},
}
_INTERPOLATIONS = ("interpolation", "template_substitution", "string_interpolation", "simple_expansion", "expansion")
_RECORDS = ("struct_specifier", "class_specifier", "union_specifier", "enum_specifier")
_WRAPPERS = ("expression_statement", "local_declaration_statement")


def structures(tree: SyntaxTree, language: str) -> NDArray[np.uint8]:
    """The structure of each node.

    Parameters
    ----------
    tree : SyntaxTree
    language : str
        Any name `grammars.canonical` knows.

    Returns
    -------
    uint8 [node]
        Index into `STRUCTURES`. A statement that is but one expression with a class of its own, such as an assignment,
        has that class and the expression is *other*, so that each is counted once.
    """
    if not len(tree):
        return np.zeros(0, np.uint8)
    local = _OF_KIND_IN.get(canonical(language) or "", {})
    codes = [_CODE[local[kind]] if kind in local else _OF_KIND.get(kind, _OTHER) for kind in tree.kinds]
    out = np.where(tree.named, np.array(codes, np.uint8)[tree.kind], np.uint8(_OTHER))
    holders = tree.parent[tree.kinds_in(*_INTERPOLATIONS) & (tree.parent >= 0)]
    out[holders[tree.kinds_in("string", "string_literal", "heredoc_body")[holders]]] = _CODE["expression.f_string"]
    out[_only_mentioned(tree)] = _OTHER
    _unwrap(tree, out)
    return out.astype(np.uint8)


def _only_mentioned(tree: SyntaxTree) -> Flags:
    """C: ``struct P p`` names a type, only ``struct P { … }`` is one."""
    held = tree.field >= 0
    held[held] = np.array([name == "body" for name in tree.fields], bool)[tree.field[held]]
    with_body = np.zeros(len(tree), bool)
    with_body[tree.parent[held]] = True
    return np.asarray(tree.kinds_in(*_RECORDS) & ~with_body)


def _unwrap(tree: SyntaxTree, out: NDArray[np.uint8]) -> None:
    wrappers = np.flatnonzero(tree.kinds_in(*_WRAPPERS) & (tree.last > np.arange(len(tree))))
    statement = np.array([name.startswith("statement") for name in STRUCTURES])
    wrappers = wrappers[statement[out[wrappers + 1]]]
    out[wrappers] = out[wrappers + 1]
    out[wrappers + 1] = _OTHER


_NAMED = frozenset(kind for name in ("class", "function") for kind in _KINDS_OF[name].split())
_NAME_FIELDS = ("name", "property", "key", "left")


def names_of(tree: SyntaxTree, source: bytes) -> dict[int, str]:
    """The names of classes and functions by their node; those without a name are left out.

    Parameters
    ----------
    tree : SyntaxTree
    source : bytes
        What the tree's bytes index. A function given to a variable has the variable's name, an ``impl`` its type's.
    """
    out = {}
    for node in np.flatnonzero(tree.kinds_in(*_NAMED) & tree.named & ~_only_mentioned(tree)).tolist():
        name = _name_node(tree, node)
        if name >= 0:
            out[node] = source[tree.start[name] : tree.end[name]].decode("utf-8", "replace")
    return out


def _held(tree: SyntaxTree, node: int, *fields: str) -> int:
    """The first child held through one of these fields, −1 for none."""
    return next((child for child in tree.children(node) if tree.field_of(child) in fields), -1)


def _name_node(tree: SyntaxTree, node: int) -> int:
    name = _held(tree, node, "name")
    if name < 0 and tree.kind_of(node) == "impl_item":
        name = _held(tree, node, "type")
    if name < 0:  # C: the name is at the bottom of the declarators
        at = _held(tree, node, "declarator")
        while at >= 0:
            name, at = at, _held(tree, at, "declarator")
    if name < 0 and tree.field_of(node) in ("value", "right"):
        holder = int(tree.parent[node])
        name = _held(tree, holder, *_NAME_FIELDS)
    return name
