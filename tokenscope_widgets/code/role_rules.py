"""What a leaf is by its kind alone: signs, keywords, literals, comments and markup of all the grammars.

A kind without a name (a sign or a keyword) is written in double quotes, to tell it from a named kind with the same
spelling. What a parent says (`role_rules_parents`) wins; an identifier is decided in `role_rules_names`.
"""

from __future__ import annotations


def _table(*rows: tuple[str, str]) -> dict[str, str]:
    return {word: role for role, words in rows for word in words.split()}


BRACKETS = _table(
    ("punctuation.open", "( [ { (( [[ {| #[ $(( $[ <( >("),
    ("punctuation.close", ") ] } )) ]] |}"),
)

SIGNS = (
    BRACKETS
    | _table(
        ("operator.arithmetic", "+ - * / % ** // ++ -- @ +@ -@ .. ..= ... ..<"),
        ("operator.compare", "== != < > <= >= === !== <> <=> =~ !~ ~= |= $= ^= *="),
        ("operator.logic", "&& || ! ?? :- :+ :?"),
        ("operator.arithmetic", "%% /# /% ,, ^^ ##"),
        ("operator.bit", "& | ^ ~ << >> >>> &^ ~@"),
        (
            "operator.assign",
            "= := += -= *= /= %= **= //= @= &= |= ^= <<= >>= >>>= &&= ||= ??= &^= .= <- ?=",
        ),
        ("operator.access", ". :: ?. -> ->* .* ?-> &. \\"),
        ("punctuation.delimiter", ", ; : => ? # $ ;; ;& ;;& ?: -?: +?: |& &> &>> <& >& >| <&- >&- <<- <<< |> $$ #!"),
        ("punctuation.open", "< </ <! <<"),
        ("literal.delimiter", '" \' ` """ \'\'\' L" u" U" u8" L\' u\' U\' u8\' R" LR" uR" UR" u8R" :" %w( %i( `` $`'),
        ("literal.interpolation", "${ #{ $( \\{"),
        ("comment", "/* */"),
    )
    | {"\n": "space.newline", "<": "operator.compare", "<<": "operator.bit", "*=": "operator.assign"}
)
SIGNS |= {"|=": "operator.assign", "^=": "operator.assign", '""': "literal.delimiter", "()": "operator.access"}
SIGNS |= {"_": "identifier.binding", "[]": "operator.access", "[]=": "operator.access", "/>": "punctuation.close"}

WORDS = _table(
    ("literal.none", '"NULL" "nullptr" "None" "nil" "null" "undefined"'),
    ("literal.boolean", '"true" "false" "True" "False"'),
    ("identifier.type", '"unsigned" "signed" "long" "short"'),
)
WORDS |= {'python "print"': "identifier.call", 'python "exec"': "identifier.call"}  # statements only in Python 2
"""Words without a name of their own that are not keywords; some in one language only."""

KINDS = _table(
    (
        "literal.string",
        """
        string_content string_fragment multiline_string_fragment raw_string raw_string_content
        string_literal_content character_literal_content character char_literal rune_literal
        raw_string_literal_content interpreted_string_literal_content system_lib_string character_literal
        verbatim_string_literal nowdoc_string heredoc_content string_value ansi_c_simple_symbol word
        hash_key_symbol string string_literal attribute_value extglob_pattern marginalia
        interpreted_string_literal heredoc_body nowdoc_body template_string encapsed_string bare_string
        bare_symbol
    """,
    ),
    (
        "literal.delimiter",
        """
        string_start string_end raw_string_delimiter raw_string_start raw_string_end heredoc_start
        heredoc_end heredoc_beginning interpolation_start interpolation_quote string_literal_encoding
        dollar_quote raw_string_literal
    """,
    ),
    ("literal.escape", "escape_sequence escape_interpolation html_character_reference entity"),
    ("literal.interpolation", "type_conversion format_specifier interpolation_brace interpolation_format_clause"),
    (
        "literal.number",
        """
        integer float number number_literal int_literal float_literal imaginary_literal integer_literal
        real_literal decimal_integer_literal hex_integer_literal literal_suffix octal_integer_literal
        binary_integer_literal decimal_floating_point_literal complex rational hex_floating_point_literal
        integer_value float_value unit color_value file_descriptor
    """,
    ),
    ("literal.boolean", "true false boolean boolean_literal keyword_true keyword_false"),
    ("literal.none", "none null undefined nil null_literal ellipsis keyword_null"),
    ("literal.regex", "regex_pattern regex_flags regex"),
    (
        "comment",
        """
        comment line_comment block_comment html_comment js_comment doc_comment outer_doc_comment_marker
        inner_doc_comment_marker hash_bang_line shebang shebang_directive
    """,
    ),
    (
        "keyword",
        """
        this super self crate mutable_specifier auto modifier storage_class_specifier virtual_specifier
        type_qualifier requires_modifier at_keyword important inline default import preproc_directive
        ref_qualifier var_modifier implicit_type from to keyword_query abstract_modifier final_modifier
        readonly_modifier static_modifier visibility_modifier line file relative_scope encoding
        accessibility_modifier override_modifier attribute_target_specifier direction
    """,
    ),
    (
        "identifier.type",
        """
        primitive_type predefined_type boolean_type void_type integral_type floating_point_type
        type_identifier unit_type never_type this_type bottom_type fragment_specifier cast_type
        sized_type_specifier existential_type
    """,
    ),
    ("identifier.import", "asterisk wildcard_import"),
    ("identifier.constant", "iota"),
    ("identifier.attribute", "hash_key_symbol attribute_name property_name feature_name all_fields"),
    ("identifier.binding", "variable_name special_variable_name blank_identifier underscore_pattern"),
    ("identifier.module", "namespace_name import_prefix dot"),
    ("operator.access", "optional_chain reference_modifier"),
    ("operator.arithmetic", "operator op_other op_unary_other"),
    ("operator.compare", "test_operator"),
    ("operator.logic", "bang"),
    (
        "markup",
        """
        tag_name erroneous_end_tag_name text raw_text jsx_text doctype php_tag php_end_tag nesting_selector
        universal_selector
    """,
    ),
    (
        "punctuation.delimiter",
        """
        empty_statement positional_separator keyword_separator forward_argument variadic_placeholder
        argument_placeholder
    """,
    ),
    ("space.newline", "line_continuation"),
    ("identifier.parameter", "metavariable"),
)

BY_TEXT = frozenset({"literal", "preproc_arg"})
"""Kinds whose text has to be looked at: SQL does not tell numbers from strings, C leaves macros as they are."""

OF_CAPTURE = {
    "keyword": "keyword",
    "operator": "operator.arithmetic",
    "string": "literal.string",
    "number": "literal.number",
    "float": "literal.number",
    "boolean": "literal.boolean",
    "comment": "comment",
    "escape": "literal.escape",
    "punctuation": "punctuation.delimiter",
    "delimiter": "punctuation.delimiter",
    "tag": "markup",
    "type": "identifier.type",
    "function": "identifier.call",
    "constructor": "identifier.call",
    "property": "identifier.attribute",
    "attribute": "identifier.attribute",
    "field": "identifier.attribute",
    "module": "identifier.module",
    "constant": "identifier.constant",
    "variable": "identifier.reference",
    "parameter": "identifier.parameter",
    "label": "identifier.reference",
    "storageclass": "keyword",
    "conditional": "keyword",
}
"""What a capture of a highlight query means, by its first word; for kinds that are not in `KINDS`."""
