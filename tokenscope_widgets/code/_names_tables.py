"""What the grammars call scopes, declarations and patterns. Kinds of different languages share the tables."""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


FUNCTIONS = words(
    """function_declaration function_expression arrow_function method_definition generator_function
    generator_function_declaration method_declaration constructor_declaration compact_constructor_declaration
    lambda_expression function_item closure_expression function_definition func_literal method singleton_method
    lambda do_block anonymous_function local_function_statement arrow_function_expression destructor_declaration
    function_signature function_signature_item anonymous_method_expression operator_declaration accessor_declaration
    anonymous_function_creation_expression"""
)
CLASSES = words(
    """class_declaration class interface_declaration enum_declaration record_declaration impl_item trait_item
    class_specifier struct_specifier union_specifier namespace_definition namespace_declaration struct_declaration
    module mod_item trait_declaration struct_item enum_item type_alias_declaration type_item"""
)
BLOCKS = words(
    """statement_block block compound_statement for_statement for_in_statement for_expression for_range_loop
    enhanced_for_statement foreach_statement catch_clause if_statement if_expression while_expression match_arm
    switch_body switch_statement expression_switch_statement type_switch_statement expression_case communication_case
    try_with_resources_statement using_statement unsafe_block switch_block_statement_group class_static_block
    template_declaration"""
)
IDENTIFIERS = words(
    """identifier type_identifier shorthand_property_identifier shorthand_property_identifier_pattern
    shorthand_field_identifier namespace_identifier constant name variable_name package_identifier global_variable"""
)

# the name of the thing itself, bound in the scope around it
_NAMED = {
    "function": """function_declaration generator_function_declaration method_declaration
        function_item method singleton_method function_definition local_function_statement function_signature
        function_signature_item macro_definition preproc_function_def""",
    "class": """class_declaration interface_declaration enum_declaration record_declaration trait_item class_specifier
        struct_specifier union_specifier enum_specifier struct_item enum_item union_item mod_item type_item type_spec
        type_alias type_alias_declaration abstract_class_declaration class module struct_declaration trait_declaration
        associated_type alias_declaration concept_definition internal_module namespace_declaration""",
}
NAMED: dict[tuple[str, str], str] = {
    (kind, "name"): role for role, kinds in _NAMED.items() for kind in sorted(words(kinds))
}
# expressions whose own name only they themselves see
SELF_NAMED = frozenset({"function_expression", "generator_function"})

DECLARES: dict[tuple[str, str], str] = NAMED | {
    ("variable_declarator", "name"): "variable",
    ("lexical_declaration", "name"): "variable",
    ("for_in_statement", "left"): "variable",
    ("enhanced_for_statement", "name"): "variable",
    ("foreach_statement", "left"): "variable",
    ("catch_clause", "parameter"): "parameter",
    ("catch_formal_parameter", "name"): "parameter",
    ("catch_declaration", "name"): "parameter",
    ("resource", "name"): "variable",
    ("arrow_function", "parameter"): "parameter",
    ("required_parameter", "pattern"): "parameter",
    ("optional_parameter", "pattern"): "parameter",
    ("formal_parameter", "name"): "parameter",
    ("lambda_expression", "parameters"): "parameter",
    ("parameter", "name"): "parameter",
    ("parameter", "pattern"): "parameter",
    ("simple_parameter", "name"): "parameter",
    ("optional_parameter", "name"): "parameter",
    ("keyword_parameter", "name"): "parameter",
    ("splat_parameter", "name"): "parameter",
    ("hash_splat_parameter", "name"): "parameter",
    ("block_parameter", "name"): "parameter",
    ("type_parameter", "name"): "class",
    ("parameter_declaration", "name"): "parameter",
    ("variadic_parameter_declaration", "name"): "parameter",
    ("type_parameter_declaration", "name"): "class",
    ("parameter_declaration", "declarator"): "parameter",
    ("optional_parameter_declaration", "declarator"): "parameter",
    ("declaration", "declarator"): "variable",
    ("for_range_loop", "declarator"): "variable",
    ("condition_clause", "declarator"): "variable",
    ("function_definition", "declarator"): "function",
    ("type_definition", "declarator"): "class",
    ("enumerator", "name"): "variable",
    ("preproc_def", "name"): "variable",
    ("namespace_definition", "name"): "class",
    ("short_var_declaration", "left"): "variable",
    ("range_clause", "left"): "variable",
    ("receive_statement", "left"): "variable",
    ("type_switch_statement", "alias"): "variable",
    ("var_spec", "name"): "variable",
    ("const_spec", "name"): "variable",
    ("import_spec", "name"): "import",
    ("let_declaration", "pattern"): "variable",
    ("let_condition", "pattern"): "variable",
    ("for_expression", "pattern"): "variable",
    ("const_item", "name"): "variable",
    ("static_item", "name"): "variable",
    ("enum_variant", "name"): "variable",
    ("enum_constant", "name"): "variable",
    ("enum_assignment", "name"): "variable",
    ("const_parameter", "name"): "parameter",
    ("use_declaration", "argument"): "import",
    ("use_as_clause", "alias"): "import",
    ("import_specifier", "alias"): "import",
    ("extern_crate_declaration", "name"): "import",
    ("for", "pattern"): "variable",
    ("declaration_expression", "name"): "variable",
}
# every name straight inside these is declared
HOLDS: dict[str, str] = {
    "formal_parameters": "parameter",
    "inferred_parameters": "parameter",
    "closure_parameters": "parameter",
    "method_parameters": "parameter",
    "lambda_parameters": "parameter",
    "block_parameters": "parameter",
    "spread_parameter": "parameter",
    "implicit_parameter": "parameter",
    "import_clause": "import",
    "namespace_import": "import",
    "match_pattern": "pattern",
    "type_parameters": "class",
    "type_parameter": "class",
    "exception_variable": "variable",
    "import_declaration": "import",
}
# assignments that declare in languages without declarations
ASSIGNS: dict[str, frozenset[tuple[str, str]]] = {
    "ruby": frozenset({("assignment", "left"), ("operator_assignment", "left")}),
    "php": frozenset({("assignment_expression", "left")}),
    "bash": frozenset({("variable_assignment", "name"), ("for_statement", "variable")}),
}
# patterns hand their role on to what they hold: through any child, or through the fields named
WRAPPERS: dict[str, frozenset[str] | None] = {
    **dict.fromkeys(
        words(
            """array_pattern object_pattern rest_pattern expression_list tuple_pattern slice_pattern or_pattern
        reference_pattern mut_pattern ref_pattern captured_pattern remaining_field_pattern use_list scoped_use_list
        left_assignment_list reference_declarator parenthesized_declarator variadic_declarator
        destructured_left_assignment structured_binding_declarator rest_assignment identifier_list list_literal
        parenthesized_pattern"""
        )
    ),
    "variable_declarator": frozenset({"name"}),
    "assignment_pattern": frozenset({"left"}),
    "object_assignment_pattern": frozenset({"left"}),
    "pair_pattern": frozenset({"value"}),
    "init_declarator": frozenset({"declarator"}),
    "pointer_declarator": frozenset({"declarator"}),
    "array_declarator": frozenset({"declarator"}),
    "function_declarator": frozenset({"declarator"}),
    "tuple_struct_pattern": frozenset({""}),
    "struct_pattern": frozenset({""}),
    "field_pattern": frozenset({"name", "pattern"}),
    "scoped_use_list": frozenset({"list"}),
    "scoped_identifier": frozenset({"name"}),
    "use_as_clause": frozenset({"alias"}),
}
# names of members, labels and the like: neither uses nor definitions that a scope could resolve
MEMBERS = frozenset(
    {
        ("field_access", "field"),
        ("member_access_expression", "name"),
        ("member_call_expression", "name"),
        ("scoped_identifier", "name"),
        ("scoped_type_identifier", "name"),
        ("qualified_identifier", "name"),
        ("qualified_name", "name"),
        ("import_specifier", "name"),
        ("scoped_call_expression", "name"),
        ("call", "method"),
        ("labeled_statement", "label"),
        ("break_statement", ""),
        ("continue_statement", ""),
        ("package_clause", ""),
        ("package_declaration", ""),
        ("keyword_argument", "name"),
        ("marker_annotation", "name"),
    }
)
BLOCKLESS = frozenset({"php", "ruby", "bash"})
"""Languages whose blocks hold no names of their own."""
