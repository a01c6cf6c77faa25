"""Control tokens by vocabulary, as the tokenizers' files and the papers of the families list them.

Qwen's are compared with the vocabulary itself by a test on the real model. Tokens that mean nothing
to a model (unused ids, paddings of blanks) are left out, and so are words that are tokens of their
own without being control (`<tool_call>`, `<think>`).
"""

# Chat and control tokens of models that are not in the table of families. In a FIM prompt they are
# never ours; in a file they may try to open a turn of a chat.
OTHERS = (
    *("<|endofprompt|>", "<|end|>", "<|eom_id|>", "<|eot_id|>", "<|begin_of_text|>"),
    *("<|start_header_id|>", "<|end_header_id|>", "<|python_tag|>", "<|end_of_turn|>"),
    *("<|start|>", "<|channel|>", "<|message|>", "<|return|>", "<|call|>", "<|constrain|>"),
    *("<|START_OF_TURN_TOKEN|>", "<|END_OF_TURN_TOKEN|>", "<|SYSTEM_TOKEN|>", "<|USER_TOKEN|>"),
    *("<|CHATBOT_TOKEN|>", "<|system|>", "<|user|>", "<|assistant|>", "<|tool|>", "<|eot|>"),
    # Fill-in-the-middle tokens of vocabularies besides those of the table.
    *("<|prefix|>", "<|suffix|>", "<|middle|>", "<|fim_repo|>", "<fim-repo>"),
    *("<|fim_begin|>", "<|fim_hole|>", "<|fim_end|>"),
    # Of models that predict edits.
    *("<|editable_region_start|>", "<|editable_region_end|>", "<|user_cursor_is_here|>"),
    *("<|user_cursor|>", "<|context_file|>", "<|snippet|>"),
)

CHATML = ("<|im_start|>", "<|im_end|>")

QWEN_FIM = (
    *("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|fim_pad|>"),
    *("<|repo_name|>", "<|file_sep|>"),
    # Not in the vocabulary; instruct checkpoints write it out all the same.
    "<|cursor|>",
)
# Ids 151643 to 151656.
QWEN = (
    *QWEN_FIM,
    *("<|endoftext|>", *CHATML),
    *("<|object_ref_start|>", "<|object_ref_end|>", "<|box_start|>", "<|box_end|>"),
    *("<|quad_start|>", "<|quad_end|>", "<|vision_start|>", "<|vision_end|>"),
    *("<|vision_pad|>", "<|image_pad|>", "<|video_pad|>"),
)

STARCODER_FIM = ("<fim_prefix>", "<fim_suffix>", "<fim_middle>", "<fim_pad>")
# Ids 0 to 18.
STARCODER = (
    *("<|endoftext|>", *STARCODER_FIM),
    *("<filename>", "<gh_stars>", "<issue_start>", "<issue_comment>", "<issue_closed>"),
    *("<jupyter_start>", "<jupyter_text>", "<jupyter_code>", "<jupyter_output>"),
    *("<empty_output>", "<commit_before>", "<commit_msg>", "<commit_after>", "<reponame>"),
)
# Ids 0 to 37.
STARCODER2 = (
    *("<|endoftext|>", *STARCODER_FIM),
    *("<repo_name>", "<file_sep>", "<issue_start>", "<issue_comment>", "<issue_closed>"),
    *("<jupyter_start>", "<jupyter_text>", "<jupyter_code>", "<jupyter_output>"),
    *("<jupyter_script>", "<empty_output>", "<code_to_intermediate>", "<intermediate_to_code>"),
    *("<pr>", "<pr_status>", "<pr_is_merged>", "<pr_base>", "<pr_file>", "<pr_base_code>"),
    *("<pr_diff>", "<pr_diff_hunk>", "<pr_comment>", "<pr_event_id>", "<pr_review>"),
    *("<pr_review_state>", "<pr_review_comment>", "<pr_in_reply_to_review_id>"),
    *("<pr_in_reply_to_comment_id>", "<pr_diff_hunk_comment_line>"),
    *("<NAME>", "<EMAIL>", "<KEY>", "<PASSWORD>"),
)
SANTACODER = ("<|endoftext|>", "<fim-prefix>", "<fim-suffix>", "<fim-middle>", "<fim-pad>")
STABLE_CODE = (*STARCODER, *CHATML, "<|padding|>")
MELLUM = (
    *STARCODER,
    *("<system>", "</system>", "<user>", "</user>", "<assistant>", "</assistant>"),
)

# SentencePiece spells the first four with a blank in front (U+2581), which the prompt writes.
CODELLAMA = (
    *("<PRE>", "<SUF>", "<MID>", "<EOT>"),
    *("<s>", "</s>", "<unk>", "[INST]", "[/INST]", "<step>"),
)
# Of v1 (whose turns have plain bars), V2 and V2.5. The bars are U+FF5C, the low lines U+2581.
DEEPSEEK = (
    *("<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>"),
    *("<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", "<｜▁pad▁｜>", "<|EOT|>", "<pad>"),
    *("<|User|>", "<|Assistant|>", "<｜User｜>", "<｜Assistant｜>", "<｜System｜>"),
    *("<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>", "<｜tool▁call▁begin｜>"),
    *("<｜tool▁call▁end｜>", "<｜tool▁outputs▁begin｜>", "<｜tool▁outputs▁end｜>"),
    *("<｜tool▁output▁begin｜>", "<｜tool▁output▁end｜>", "<｜tool▁sep｜>"),
)
CODEGEMMA = (
    *("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|file_separator|>"),
    *("<start_of_turn>", "<end_of_turn>", "<bos>", "<eos>", "<pad>", "<unk>", "<mask>"),
)
# Of the tokenizers v3 to v7.
MISTRAL = (
    *("[PREFIX]", "[SUFFIX]", "[MIDDLE]", "<s>", "</s>", "<unk>", "<pad>", "[INST]", "[/INST]"),
    *("[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]"),
    *("[TOOL_CALLS]", "[TOOL_RESULTS]", "[/TOOL_RESULTS]", "[TOOL_CONTENT]"),
    *("[IMG]", "[IMG_BREAK]", "[IMG_END]"),
)
GRANITE_ROLES = (
    *("<|end_of_text|>", "<|start_of_role|>", "<|end_of_role|>", "<|tool_call|>"),
    *("<|start_of_cite|>", "<|end_of_cite|>", "<|start_of_plugin|>", "<|end_of_plugin|>"),
)
GRANITE = (*STARCODER, *GRANITE_ROLES)
GRANITE4 = (
    *("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|fim_pad|>"),
    *("<|filename|>", "<|reponame|>", "<|pad|>", "<|unk|>", *GRANITE_ROLES),
)
SEED_CODER = (
    *("<[fim-suffix]>", "<[fim-prefix]>", "<[fim-middle]>"),
    *("<[begin▁of▁sentence]>", "<[end▁of▁sentence]>", "<[PAD▁TOKEN]>", "<[SEP▁TOKEN]>"),
)
GLM = (
    *("<|code_prefix|>", "<|code_suffix|>", "<|code_middle|>", "<|endoftext|>"),
    *("<|system|>", "<|user|>", "<|assistant|>", "<|observation|>"),
    *("[MASK]", "[gMASK]", "[sMASK]", "<sop>", "<eop>"),
    *("<|begin_of_image|>", "<|end_of_image|>", "<|begin_of_video|>", "<|end_of_video|>"),
)
# What its public prompts show; the vocabulary is not published.
MERCURY = (
    *("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|file_sep|>", "<|endoftext|>"),
    *CHATML,
    *("<|recently_viewed_code_snippets|>", "<|/recently_viewed_code_snippets|>"),
    *("<|recently_viewed_code_snippet|>", "<|/recently_viewed_code_snippet|>"),
    *("<|current_file_content|>", "<|/current_file_content|>"),
    *("<|code_to_edit|>", "<|/code_to_edit|>", "<|cursor|>"),
    *("<|edit_diff_history|>", "<|/edit_diff_history|>"),
)
