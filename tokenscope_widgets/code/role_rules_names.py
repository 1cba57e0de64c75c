"""What a name is, by the way from the root to it.

Each node hands a *mode* down to its children: what a name found there would be. A rule is ``parent.field`` (the child
held through that field) or ``parent>kind`` (the child of that kind; asked first). Its value is a mode, or

- ``""``: nothing is known, so a name is what its kind says, else a reference;
- ``=``: the mode of the parent;
- ``=x``: the mode of the parent, or x where it has none;
- ``member``: the mode of the parent if it is to call, name a type or import, else attribute.
"""

from __future__ import annotations


def _rules(*rows: tuple[str, str]) -> dict[str, str]:
    return {place: mode for mode, places in rows for place in places.split()}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SHARED = _rules(
    (
        "definition",
        """
            function_definition.name class_definition.name function_declaration.name
            generator_function.name generator_function_declaration.name function_expression.name
            class_declaration.name class.name method_definition.name interface_declaration.name
            type_alias_declaration.name enum_declaration.name abstract_class_declaration.name
            method_signature.name abstract_method_signature.name function_signature.name
            internal_module.name module.name record_declaration.name annotation_type_declaration.name
            method_declaration.name constructor_declaration.name compact_constructor_declaration.name
            method_elem.name annotation_type_element_declaration.name type_definition.declarator
            alias_declaration.name namespace_definition.name concept_definition.name
            preproc_function_def.name type_spec.name type_alias.name function_item.name
            function_signature_item.name struct_item.name enum_item.name union_item.name trait_item.name
            type_item.name mod_item.name macro_definition.name struct_declaration.name
            delegate_declaration.name namespace_declaration.name destructor_declaration.name
            local_function_statement.name trait_declaration.name method.name singleton_method.name
            type_alias_statement.left property_declaration.name file_scoped_namespace_declaration.name
            setter.name associated_type.name nested_namespace_specifier>namespace_identifier
            create_table>object_reference create_view>object_reference create_function>object_reference
        """,
    ),
    (
        "parameter",
        """
            lambda_parameters. parameters. typed_parameter. formal_parameters. formal_parameters.pattern
            required_parameter.pattern optional_parameter.pattern arrow_function.parameter
            formal_parameter.name spread_parameter>variable_declarator lambda_expression>identifier
            inferred_parameters. index_signature.name optional_parameter_declaration.declarator
            parameter_declaration.name variadic_parameter_declaration.declarator
            variadic_parameter_declaration.name preproc_params. parameter.pattern closure_parameters.
            parameter.name simple_parameter.name variadic_parameter.name default_parameter.name
            typed_default_parameter.name property_promotion_parameter.name method_parameters.
            block_parameters. hash_splat_parameter.name block_parameter.name optional_parameter.name
            keyword_parameter.name lambda_parameters. lambda_expression.parameters parameter_list.name
            token_binding_pattern.name const_parameter.name type_predicate.name
            function_argument>identifier
        """,
    ),
    (
        "binding",
        """
            assignment.left augmented_assignment.left named_expression.name for_statement.left
            for_in_clause.left as_pattern.alias case_pattern>dotted_name keyword_pattern>dotted_name
            splat_pattern. as_pattern>identifier catch_clause.parameter catch_clause.parameters
            for_in_statement.left assignment_expression.left augmented_assignment_expression.left
            catch_formal_parameter.name enhanced_for_statement.name resource.name
            type_pattern>identifier instanceof_expression.name labeled_statement.label
            declaration.declarator for_range_loop.declarator structured_binding_declarator.
            short_var_declaration.left assignment_statement.left range_clause.left var_spec.name
            type_switch_statement.alias receive_statement.left let_declaration.pattern
            compound_assignment_expr.left for_expression.pattern match_pattern. let_condition.pattern
            match_arm.pattern labeled_statement>label_name record_pattern_component>identifier
            lambda_capture_initializer.left condition_clause.value>declaration foreach_statement.left
            catch_declaration.name declaration_pattern.name declaration_expression.name var_pattern.name
            var_pattern>identifier operator_assignment.left for.pattern exception_variable.
            catch_clause.name static_variable_declaration.name left_assignment_list.
            destructured_left_assignment. rest_assignment. from_clause.name let_clause>identifier
            labeled_statement>identifier for_statement.variable parenthesized_variable_designation.
            tuple_element.name find_pattern>identifier alternative_pattern>identifier in_clause.pattern
            foreach_statement>pair variable_assignment.name array_pattern>splat_parameter
            recursive_pattern.name cte>identifier relation.alias term.alias
        """,
    ),
    ("=parameter", "parameter_declaration.declarator splat_parameter.name"),
    (
        "=binding",
        """
            variable_declarator.name object_pattern>shorthand_property_identifier_pattern
            field_pattern>shorthand_field_identifier function_declarator>parenthesized_declarator
            array_pattern. tuple_pattern. list_pattern. pattern_list. object_pattern. rest_pattern.
        """,
    ),
    (
        "keyword_argument",
        """
            keyword_argument.name keyword_pattern>identifier element_value_pair.key argument.name
            keyword_pattern.key attribute_argument.name named_argument.name
        """,
    ),
    (
        "call",
        """
            call.function decorator>identifier decorator>attribute decorator>member_expression
            call_expression.function method_invocation.name macro_invocation.macro
            function_call_expression.function member_call_expression.name scoped_call_expression.name
            nullsafe_member_call_expression.name invocation_expression.function call.method
            invocation>object_reference method_reference>identifier
        """,
    ),
    (
        "attribute",
        """
            field_definition.property public_field_definition.name property_signature.name
            pair_pattern.key field_declaration.declarator field_declaration.name
            field_initializer>field_identifier keyed_element.key field_initializer.field
            property_element.name field_designator>field_identifier column_definition.name
            property_hook>name field_declaration>variable_declaration
            initializer_expression>assignment_expression anonymous_object_creation_expression>identifier
            conditional_access_expression>member_binding_expression subpattern>identifier
            event_field_declaration>variable_declaration field.name enum_declaration.accessors
        """,
    ),
    (
        "type",
        """
            class_definition.superclasses new_expression.constructor class_heritage>identifier
            class_heritage>member_expression extends_clause.value annotation.name marker_annotation.name
            struct_specifier.name class_specifier.name union_specifier.name enum_specifier.name
            parameter.type type_arguments>identifier type_argument_list>identifier base_list>identifier
            object_creation_expression.type variable_declaration.type method_declaration.returns
            method_declaration.type property_declaration.type type_parameter.name
            type_parameter_declaration.name type_parameter>identifier attribute.name
            object_creation_expression>name base_clause>name class_interface_clause>name
            parameter_list.type superclass>scope_resolution class_name>identifier named_type>name
            local_function_statement.type attribute>name class_constant_access_expression>name
            scoped_call_expression.scope superclass>constant cast_expression.type catch_declaration.type
            is_expression.right as_expression.right declaration_pattern.type type_list>named_type
            foreach_statement.type nullable_type.type array_type.type delegate_declaration.type
            tuple_element.type typeof_expression.type generic_type.type tuple_struct_pattern.type
            struct_pattern.type impl_item.trait impl_item.type trait_bounds. type_pattern.type
            constant_pattern>identifier lifetime>identifier base_list>generic_name
            base_list>qualified_name default_expression.type recursive_pattern.type
            scoped_property_access_expression.scope record_pattern>identifier type_binding.name
            member_type>identifier array_creation_expression.type generic_name>identifier
            event_field_declaration.type column_definition.custom_type generic_type>type_parameter
            template_argument_list>identifier class_pattern>dotted_name
            type_parameter_constraints_clause>identifier type_parameter_constraint.type
            use_declaration>name indexer_declaration.type
        """,
    ),
    (
        "module",
        """
            import_statement.name import_from_statement.module_name package_declaration.
            nested_type_identifier.module package_clause. qualified_type.package scoped_use_list.path
            use_wildcard. namespace_definition.name>namespace_name extern_crate_declaration.name
            using_directive. relative_import. future_import_statement. namespace_use_declaration.
            qualified_identifier.scope
        """,
    ),
    (
        "import",
        """
            namespace_use_clause.alias scoped_use_list.list aliased_import.alias
            import_from_statement.name future_import_statement.name import_specifier.name
            import_specifier.alias import_clause. import_require_clause>identifier namespace_import.
            namespace_export. import_declaration>scoped_identifier import_declaration>identifier
            import_spec.name use_declaration.argument use_as_clause.alias import_alias>identifier
            using_declaration. namespace_use_clause. namespace_use_clause>qualified_name
            use_as_clause.path using_directive.name
        """,
    ),
    (
        "constant",
        """
            enum_constant.name enum_body.name enum_assignment.name enumerator.name preproc_def.name
            const_spec.name enum_variant.name const_item.name static_item.name
            enum_member_declaration.name enum_case.name const_element>name
        """,
    ),
    (
        "member",
        """
            attribute.attribute member_expression.property field_access.field field_expression.field
            selector_expression.field member_access_expression.name
            nullsafe_member_access_expression.name scoped_property_access_expression.name
            class_constant_access_expression. member_binding_expression.name
        """,
    ),
    (
        "=",
        """
            scope_resolution.name pair>variable_name aliased_import.name scoped_identifier.name
            scoped_type_identifier.name pointer_declarator.declarator array_declarator.declarator
            init_declarator.declarator reference_declarator. parenthesized_declarator.
            qualified_identifier.name template_function.name template_method.name template_type.name
            destructor_name. await_expression. attributed_declarator. variadic_declarator.
            generic_function.function pair_pattern.value object_assignment_pattern.left
            assignment_pattern.left field_pattern.pattern field_pattern. qualified_name.name
            conditional_access_expression. variable_declarator. function_declarator>operator_name
            qualified_name.qualifier alias_qualified_name.name parenthesized_pattern.
            non_null_expression. instantiation_expression. dependent_name.
            pointer_type_declarator.declarator object_reference.name typed_default_parameter.pattern
            qualified_name.
        """,
    ),
    ("markup", "jsx_opening_element.name jsx_closing_element.name jsx_self_closing_element.name jsx_namespace_name."),
    (
        "module",
        """
            scope_resolution.scope scoped_identifier.path scoped_identifier.scope
            scoped_type_identifier.path qualified_name.prefix alias_qualified_name.alias
            object_reference.schema
        """,
    ),
    ("function", "function_declarator.declarator"),
)

TRANSPARENT = _words(
    """
        dotted_name pattern_list tuple_pattern list_pattern list_splat_pattern dictionary_splat_pattern
        list_splat as_pattern_target expression_list type generic_type union_type member_type type_parameter
        argument_list binary_operator tuple list parenthesized_expression subscript object_pattern
        array_pattern rest_pattern inferred_parameters mut_pattern ref_pattern reference_pattern
        captured_pattern slice_pattern or_pattern tuple_struct_pattern namespace_name use_list
        literal_element scoped_identifier variable_name named_type optional_type nested_identifier
        nested_namespace_specifier relative_import declaration_list_pattern destructured_parameter
        variable_declaration type_constraint constrained_type splat_type parameter_list struct_pattern
    """
)
"""Kinds that hand their own mode to children no rule speaks of."""

ONLY_TYPES = _words("argument_list binary_operator tuple list parenthesized_expression subscript")
"""Transparent kinds through which only *type* passes, as elsewhere they hold expressions …"""

ONLY_PATTERNS = _words("tuple list parenthesized_expression")
"""… and those of them that also pass *binding*."""

KIND_MODES = {"type": "type"}
"""Python's annotations: the node itself sets the mode."""

LOCAL: dict[str, dict[str, str]] = {
    language: {"attribute>identifier": "call", "attribute>scoped_identifier": "call"}
    for language in ("c", "cpp", "rust")
}
"""Rules that hold in one language only, and win over `SHARED`."""

NAME_KINDS = {
    "identifier": "reference",
    "name": "reference",
    "implicit_parameter": "parameter",
    "discard": "binding",
    "constant": "reference",
    "statement_identifier": "reference",
    "label_name": "reference",
    "shorthand_property_identifier": "reference",
    "shorthand_property_identifier_pattern": "binding",
    "shorthand_field_identifier": "reference",
    "instance_variable": "attribute",
    "class_variable": "attribute",
    "global_variable": "reference",
    "property_identifier": "attribute",
    "private_property_identifier": "attribute",
    "field_identifier": "attribute",
    "type_identifier": "type",
    "package_identifier": "module",
    "namespace_identifier": "module",
    "variable_name": "reference",
    "class_name": "type",
    "id_name": "reference",
    "attribute_name": "attribute",
    "function_name": "call",
    "keyframes_name": "definition",
    "namespace_name": "module",
    "plain_value": "constant",
}
"""Kinds that are names, and what they are where no rule says more."""


def hands_on(kind: str, mode: str, field: str) -> bool:
    """Whether a node of this kind passes its mode to a child held through this field, where no rule speaks of it."""
    if kind not in TRANSPARENT or field in ("value", "right", "default"):
        return False
    if kind in ONLY_TYPES:
        return mode == "type" or (mode == "binding" and kind in ONLY_PATTERNS)
    return True
