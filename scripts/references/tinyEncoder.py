"""Makes the tiny sentence encoder that tests serve in the place of MiniLM: same files, same inputs and outputs, 16 numbers
a sentence. One table of letters, so that texts with the same letters lie near each other. Deterministic.

    pip install onnx onnxruntime tokenizers numpy
    python scripts/references/tinyEncoder.py            (writes tests/fixtures/encoder)
"""

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer

OUT = Path(__file__).resolve().parents[2] / "tests/fixtures/encoder"
WIDTH = 16
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789.,?'-"
SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
VOCABULARY = SPECIALS + list(LETTERS) + ["##" + letter for letter in LETTERS]
TEXTS = ["The capital of France is", "The capital of Spain is", "France is governed from", "42"]


def tokenizer():
    ids = {token: at for at, token in enumerate(VOCABULARY)}
    special = lambda token: {"id": token, "ids": [ids[token]], "tokens": [token]}
    piece = lambda token: {"SpecialToken": {"id": token, "type_id": 0}}
    text = {"Sequence": {"id": "A", "type_id": 0}}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {"id": at, "content": token, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
            for at, token in enumerate(SPECIALS)
        ],
        "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [piece("[CLS]"), text, piece("[SEP]")],
            "pair": [piece("[CLS]"), text, piece("[SEP]"), {"Sequence": {"id": "B", "type_id": 1}}, {"SpecialToken": {"id": "[SEP]", "type_id": 1}}],
            "special_tokens": {token: special(token) for token in ("[CLS]", "[SEP]")},
        },
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": ids},
    }


def network():
    table = np.random.RandomState(7).randn(len(VOCABULARY), WIDTH).astype(np.float32)
    # A letter means nearly the same wherever it stands in its word.
    letters = len(LETTERS)
    table[len(SPECIALS) + letters :] = table[len(SPECIALS) : len(SPECIALS) + letters] + 0.1 * table[len(SPECIALS) + letters :]
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"]) for name in ("input_ids", "attention_mask", "token_type_ids")]
    output = helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["batch", "length", WIDTH])
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["letters"]),
        helper.make_node("Add", ["attention_mask", "token_type_ids"], ["seen"]),
        helper.make_node("Cast", ["seen"], ["seen_float"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["seen_float", "last_axis"], ["seen_column"]),
        helper.make_node("Mul", ["letters", "seen_column"], ["last_hidden_state"]),
    ]
    constants = [numpy_helper.from_array(table, "table"), numpy_helper.from_array(np.array([2], dtype=np.int64), "last_axis")]
    graph = helper.make_graph(nodes, "tiny", inputs, [output], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="palimpsest")
    model.ir_version = 8
    onnx.checker.check_model(model)
    return model


def expected(path):
    session = onnxruntime.InferenceSession(str(path / "onnx/model_quantized.onnx"), providers=["CPUExecutionProvider"])
    encode = Tokenizer.from_file(str(path / "tokenizer.json"))
    rows = []
    for text in TEXTS:
        ids = np.array([encode.encode(text).ids], dtype=np.int64)
        (states,) = session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)})
        mean = states[0].mean(axis=0)
        rows.append((mean / np.linalg.norm(mean)).tolist())
    return {"texts": TEXTS, "vectors": rows}


def main():
    (OUT / "onnx").mkdir(parents=True, exist_ok=True)
    write = lambda name, value: (OUT / name).write_text(json.dumps(value, indent=1) + "\n")
    write("tokenizer.json", tokenizer())
    write("tokenizer_config.json", {"tokenizer_class": "BertTokenizer", "do_lower_case": True, "model_max_length": 512, **{f"{name}_token": f"[{name.upper()}]" for name in ("pad", "unk", "cls", "sep", "mask")}})
    write("config.json", {"model_type": "bert", "architectures": ["BertModel"], "hidden_size": WIDTH, "vocab_size": len(VOCABULARY), "max_position_embeddings": 512})
    onnx.save(network(), OUT / "onnx/model_quantized.onnx")
    write("expected.json", expected(OUT))


main()
