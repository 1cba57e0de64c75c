"""What a leaf is by its kind and its parent's: brackets of strings and types, signs with another meaning, comments."""

from __future__ import annotations


def _in_parents(*rows: tuple[str, str, str]) -> dict[str, str]:
    return {f"{parent}>{kind}": role for role, kind, parents in rows for parent in parents.split()}


IN_PARENT = _in_parents(
    ("comment", "*", "line_comment block_comment outer_doc_comment_marker inner_doc_comment_marker"),
    ("literal.interpolation", '"$"', "simple_expansion"),
    ("literal.interpolation", '")"', "command_substitution"),
    ("literal.interpolation", '"="', "interpolation"),
    ("literal.interpolation", '"{"', "interpolation format_expression encapsed_string heredoc_body"),
    (
        "literal.interpolation",
        '"}"',
        """
        interpolation format_expression template_substitution string_interpolation template_type
        encapsed_string heredoc_body expansion
    """,
    ),
    ("literal.interpolation", "*", "format_specifier interpolation_format_clause"),
    ("literal.delimiter", '"("', "raw_string_literal"),
    ("literal.delimiter", '")"', "string_array symbol_array raw_string_literal"),
    ("literal.delimiter", '"/"', "regex"),
    ("literal.delimiter", '"<<"', "heredoc_redirect"),
    ("literal.delimiter", '"<<<"', "heredoc"),
    ("literal.delimiter", '"`"', "subshell"),
    ("literal.number", '"#"', "color_value"),
    ("literal.number", '"i"', "complex"),
    ("literal.number", '"r"', "rational"),
    ("literal.boolean", "*", "boolean_literal"),
    ("literal.none", "*", "null"),
    ("literal.regex", "string_content", "regex"),
    ("identifier.attribute", '"*"', "all_fields"),
    ("identifier.binding", '"_"', "case_pattern"),
    ("identifier.call", "word", "command_name"),
    ("identifier.definition", '"~"', "destructor_declaration destructor_name"),
    ("identifier.definition", "word", "function_definition"),
    ("identifier.import", '"*"', "asterisk wildcard_import use_wildcard namespace_import export_statement"),
    ("identifier.reference", '"$"', "dynamic_variable_name variable_name"),
    ("identifier.reference", '"\'"', "label"),
    ("identifier.type", '"\'"', "lifetime"),
    (
        "identifier.type",
        "*",
        """
        fragment_specifier sized_type_specifier predefined_type primitive_type integral_type
        floating_point_type
    """,
    ),
    (
        "punctuation.close",
        '"/>"',
        """
        type_arguments type_parameters template_argument_list template_parameter_list type_argument_list
        type_parameter_list bracketed_type start_tag end_tag self_closing_tag doctype erroneous_end_tag
        jsx_opening_element jsx_closing_element jsx_self_closing_element jsx_element for_lifetimes
        system_lib_string type_assertion superclass_list
    """,
    ),
    (
        "punctuation.close",
        '">"',
        """
        type_arguments type_parameters template_argument_list template_parameter_list type_argument_list
        type_parameter_list bracketed_type start_tag end_tag self_closing_tag doctype erroneous_end_tag
        jsx_opening_element jsx_closing_element jsx_self_closing_element jsx_element for_lifetimes
        system_lib_string type_assertion superclass_list
    """,
    ),
    ("punctuation.delimiter", '"!"', "macro_invocation macro_definition inner_attribute_item token_tree"),
    ("punctuation.delimiter", '"#"', "id_selector"),
    ("punctuation.delimiter", '"&"', "program case_item compound_statement do_group subshell list if_statement"),
    ("punctuation.delimiter", '"*"', "keyword_separator"),
    ("punctuation.delimiter", '"+"', "trait_bounds"),
    (
        "punctuation.delimiter",
        '"->"',
        """
        function_definition function_item function_signature_item trailing_return_type lambda_expression
        lambda switch_rule closure_expression function_type macro_rule token_tree
    """,
    ),
    ("punctuation.delimiter", '"."', "class_selector"),
    ("punctuation.delimiter", '"/"', "positional_separator"),
    ("punctuation.delimiter", '"<"', "class superclass file_redirect"),
    ("punctuation.delimiter", '"=>"', "pair"),
    ("punctuation.delimiter", '">"', "file_redirect"),
    ("punctuation.delimiter", '">>"', "file_redirect"),
    ("punctuation.delimiter", '"@"', "decorator annotation marker_annotation error_suppression_expression at_rule"),
    ("punctuation.delimiter", '"|"', "closure_parameters block_parameters case_item pipeline"),
    (
        "punctuation.open",
        '"<!"',
        """
        type_arguments type_parameters template_argument_list template_parameter_list type_argument_list
        type_parameter_list bracketed_type start_tag end_tag self_closing_tag doctype erroneous_end_tag
        jsx_opening_element jsx_closing_element jsx_self_closing_element jsx_element for_lifetimes
        system_lib_string type_assertion superclass_list
    """,
    ),
    (
        "punctuation.open",
        '"<"',
        """
        type_arguments type_parameters template_argument_list template_parameter_list type_argument_list
        type_parameter_list bracketed_type start_tag end_tag self_closing_tag doctype erroneous_end_tag
        jsx_opening_element jsx_closing_element jsx_self_closing_element jsx_element for_lifetimes
        system_lib_string type_assertion superclass_list
    """,
    ),
    (
        "punctuation.open",
        '"</"',
        """
        type_arguments type_parameters template_argument_list template_parameter_list type_argument_list
        type_parameter_list bracketed_type start_tag end_tag self_closing_tag doctype erroneous_end_tag
        jsx_opening_element jsx_closing_element jsx_self_closing_element jsx_element for_lifetimes
        system_lib_string type_assertion superclass_list
    """,
    ),
    ("punctuation.open", '"["', "array_creation_expression"),
    ("operator.access", '"!"', "non_null_expression postfix_unary_expression"),
    (
        "operator.access",
        '"&"',
        """
        reference_modifier lambda_capture_specifier unary_expression pointer_expression reference_expression
        reference_type reference_pattern reference_declarator self_parameter abstract_reference_declarator
        block_argument block_parameter reference_assignment_expression by_ref
    """,
    ),
    ("operator.access", '"&&"', "reference_declarator abstract_reference_declarator"),
    (
        "operator.access",
        '"*"',
        """
        field_declaration pointer_declarator abstract_pointer_declarator pointer_type pointer_expression
        list_splat list_splat_pattern splat_type splat_pattern splat_argument splat_parameter
        rest_assignment parameters lambda_parameters pointer_type_declarator parenthesized_list_splat
        generator_function_declaration generator_function method_definition yield_expression
        unary_expression
    """,
    ),
    (
        "operator.access",
        '"**"',
        """
        dictionary_splat dictionary_splat_pattern hash_splat_argument hash_splat_parameter splat_pattern
    """,
    ),
    ("operator.access", '"+"', "adjacent_sibling_selector"),
    ("operator.access", '"."', "import_prefix"),
    ("operator.access", '".."', "remaining_field_pattern base_field_initializer spread_element"),
    (
        "operator.access",
        '"..."',
        """
        spread_element rest_pattern variadic_parameter variadic_argument spread_parameter variadic_unpacking
        parameter_list parameter_pack_expansion variadic_declarator variadic_parameter_declaration
        formal_parameters variadic_type_parameter_declaration rest_type implicit_length_array_type
    """,
    ),
    ("operator.access", '"<-"', "unary_expression receive_statement"),
    ("operator.access", '">"', "child_selector"),
    ("operator.access", '"?"', "token_tree try_expression optional_chain conditional_access_expression"),
    ("operator.access", '"\\"', "namespace_name"),
    ("operator.access", '"~"', "sibling_selector"),
    ("operator.arithmetic", '"."', "binary_expression"),
    ("operator.assign", '"@"', "captured_pattern"),
    ("operator.compare", '"*="', "attribute_selector"),
    ("operator.compare", '"="', "attribute_selector test_command binary_expression"),
    ("operator.compare", '"^="', "attribute_selector"),
    ("operator.compare", '"|="', "attribute_selector"),
    ("operator.logic", '":"', "ternary_expression conditional_expression conditional"),
    ("operator.logic", '"?"', "ternary_expression conditional_expression conditional"),
    ("operator.logic", '"|"', "union_pattern or_pattern"),
    ("markup", '"*"', "universal_selector"),
)
"""``parent>kind`` to role; ``parent>*`` for everything in that parent that the kind does not name otherwise."""
