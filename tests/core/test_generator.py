"""The reflectance generator: sizes, gradients, its beginning as the linear prior, its file."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from core.errors import FitError
from core.reflectance.generator import (
    GENERATOR_PATH,
    GeneratorConfig,
    ReflectanceGenerator,
    generator_from_prior,
    load_generator,
    save_generator,
)
from core.reflectance.prior import ReflectancePrior, load_prior
from core.reflectance.style_layers import ScaleBiasLeakyRelu, StyledConvolution, Window, enlarge

TINY = GeneratorConfig(
    size=128,
    code=16,
    mapping=2,
    trunk=(8, 8, 8),
    albedo=(8,),
    gloss=(4,),
    slopes=(4,),
    albedo_modes=(6, 4),
    gloss_modes=(2, 0),
    slopes_modes=(0, 0),
    coefficients=4,
)


@pytest.fixture
def small_prior() -> ReflectancePrior:
    rng = np.random.default_rng(5)

    def smooth(*shape: int) -> np.ndarray:
        coarse = torch.from_numpy(rng.normal(size=(1, shape[-1], 4, 4)).astype(np.float32))
        image = torch.nn.functional.interpolate(coarse, size=shape[:2], mode="bicubic")
        return image[0].permute(1, 2, 0).numpy()

    return ReflectancePrior(
        albedo_mean=smooth(128, 128, 3) - 1.5,
        albedo_basis=np.stack([smooth(128, 128, 3) for _ in range(4)]),
        albedo_detail=np.ones((256, 256, 3), np.float32),
        specular_albedo=smooth(128, 128, 1)[..., 0] * 0.02 + 0.5,
        roughness=smooth(128, 128, 1)[..., 0] * 0.02 + 0.4,
        normal_detail=smooth(256, 256, 2) * 0.1,
        log=True,
        layout="a layout",
    )


@pytest.fixture
def tiny(small_prior) -> ReflectanceGenerator:
    return generator_from_prior(small_prior, TINY, seed=1)


@pytest.fixture
def trained(tiny) -> ReflectanceGenerator:
    """The same with features that add something."""
    torch.manual_seed(2)
    with torch.no_grad():
        for name, value in tiny.named_parameters():
            if "detail" in name or "skip" in name or "last" in name:
                value.add_(0.1 * torch.randn_like(value))
    return tiny


@pytest.mark.parametrize("size", [64, 128])
def test_any_stop_size_is_a_whole_map(trained, size):
    maps = trained.synthesis(trained.sample(2, seed=0), size)
    shapes = [tuple(value.shape) for value in (maps.log_albedo, maps.specular, maps.roughness, maps.slopes)]
    assert shapes == [(2, 3, size, size), (2, 1, size, size), (2, 1, size, size), (2, 2, size, size)]
    assert torch.equal(maps.albedo, maps.log_albedo.exp().clamp(max=1))


def test_a_smaller_stop_is_the_larger_map_seen_from_afar(tiny):
    with torch.no_grad():
        w = tiny.sample(1, seed=3)
        small, large = (tiny.synthesis(w, size).log_albedo for size in (64, 128))
    assert small.std() > 0.5
    assert (torch.nn.functional.avg_pool2d(large, 2) - small).abs().max() < 0.02


def test_a_window_is_that_part_of_the_whole_map(trained):
    w = trained.sample(2, seed=5)
    whole = trained.synthesis(w, 128).log_albedo
    part = trained.synthesis(w, 128, Window(10, 20, 24)).log_albedo
    inside = slice(8, 40)
    assert part.shape == (2, 3, 48, 48)
    assert torch.allclose(part[..., inside, inside], whole[..., 20:68, 40:88][..., inside, inside], atol=1e-5)


def test_sizes_that_do_not_exist_are_refused(tiny):
    with pytest.raises(ValueError, match="96"):
        tiny.synthesis(torch.zeros(1, 16), 96)


def test_a_code_per_level_equals_one_code_repeated(trained):
    w = trained.sample(2, seed=4)
    one = trained.synthesis(w, 128).log_albedo
    rows = w[:, None].repeat(1, TINY.levels, 1)
    assert torch.allclose(trained.synthesis(rows, 128).log_albedo, one, atol=1e-6)
    rows[:, -1] = -rows[:, -1]
    mixed = trained.synthesis(rows, 128)
    assert (mixed.log_albedo - one).abs().max() > 1e-3
    assert torch.equal(trained.synthesis(rows, 64).log_albedo, trained.synthesis(w, 64).log_albedo)


def test_rectifier_has_the_gradients_of_finite_differences():
    torch.manual_seed(0)
    x = torch.randn(2, 3, 4, 5, dtype=torch.double, requires_grad=True)
    scale = (torch.rand(2, 3, 1, 1, dtype=torch.double) + 0.5).requires_grad_()
    bias = torch.randn(2, 3, 1, 1, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(ScaleBiasLeakyRelu.apply, (x, scale, bias))
    assert torch.autograd.gradgradcheck(ScaleBiasLeakyRelu.apply, (x, scale, bias))


def test_folded_styles_equal_textbook_modulation():
    """Style of the next layer folded in, against a convolution whose weights are modulated and demodulated."""
    torch.manual_seed(0)
    first, second = StyledConvolution(6, 3, 5), StyledConvolution(6, 5, 4)
    code, x = torch.randn(1, 6), torch.randn(1, 3, 8, 8)
    styles = [layer.style(code) for layer in (first, second)]
    folded = first(x * styles[0][:, :, None, None], styles[0], styles[1])
    folded = second(enlarge(folded), styles[1])

    textbook = x
    for layer, style in zip((first, second), styles):
        weight = layer.weight * style[0][None, :, None, None]
        weight = weight * torch.rsqrt(weight.square().sum((1, 2, 3), keepdim=True) + 1e-8)
        y = torch.nn.functional.conv2d(textbook, weight, padding=1) + layer.bias[None, :, None, None]
        textbook = 2**0.5 * torch.nn.functional.leaky_relu(y, 0.2)
        textbook = enlarge(textbook) if layer is first else textbook
    assert torch.allclose(folded, textbook, atol=1e-5)


def test_gradient_of_the_maps_with_respect_to_the_code(trained):
    trained = trained.double()
    w = trained.sample(1, seed=6).double().requires_grad_()
    direction = torch.randn(w.shape, dtype=torch.double, generator=torch.Generator().manual_seed(1))

    def value(code: torch.Tensor) -> torch.Tensor:
        maps = trained.synthesis(code, 128)
        return maps.log_albedo.square().mean() + maps.roughness.square().mean() + maps.slopes.square().mean()

    (gradient,) = torch.autograd.grad(value(w), w)
    step = 1e-5
    with torch.no_grad():
        numeric = (value(w + step * direction) - value(w - step * direction)) / (2 * step)
    assert (gradient * direction).sum().item() == pytest.approx(numeric.item(), rel=1e-3)


def test_untrained_it_is_the_linear_prior(small_prior, tiny):
    coefficients = np.array([1.0, -0.5, 2.0, 0.3], np.float32)
    with torch.no_grad():
        maps = tiny.synthesis(tiny.code_from_prior(coefficients)[None], 128)
    for found, expected in (
        (maps.log_albedo[0].permute(1, 2, 0), small_prior.log_albedo(coefficients)),
        (maps.specular[0, 0], small_prior.specular_albedo),
        (maps.roughness[0, 0], small_prior.roughness),
        (maps.slopes[0], small_prior.normal_detail.reshape(128, 2, 128, 2, 2).mean((1, 3)).transpose(2, 0, 1)),
    ):
        assert np.abs(found.numpy() - expected).max() < 1e-4


def test_untrained_with_the_shipped_sizes_it_is_the_shipped_prior():
    prior = load_prior()
    generator = generator_from_prior(prior)
    coefficients = np.random.default_rng(0).normal(size=48).astype(np.float32)
    with torch.no_grad():
        code = generator.code_from_prior(coefficients)[None]
        found = {size: generator.synthesis(code, size).log_albedo[0].permute(1, 2, 0).numpy() for size in (64, 256)}
    expected = prior.log_albedo(coefficients)
    assert np.abs(found[64] - expected.reshape(64, 4, 64, 4, 3).mean((1, 3))).max() < 0.02
    assert np.abs(found[256] - expected).mean() < 0.02


def test_generator_that_comes_back_from_its_file_is_the_same(trained, tmp_path):
    path = tmp_path / "generator.safetensors"
    save_generator(trained, path, {"licence": "CC BY 4.0"})
    again = load_generator(path, layout="a layout")
    w = trained.sample(1, seed=8)
    assert again.card == {"licence": "CC BY 4.0"} and again.config == TINY
    assert not any(value.requires_grad for value in again.parameters())
    with torch.no_grad():
        assert (again.synthesis(w, 128).log_albedo - trained.synthesis(w, 128).log_albedo).abs().max() < 0.02


def test_shipped_sizes_stay_small_on_disk():
    count = sum(value.numel() for value in ReflectanceGenerator().state_dict().values())
    assert count * 2 < 40e6


def test_files_that_are_no_generator_are_refused_in_words(tiny, tmp_path):
    with pytest.raises(FitError, match="missing"):
        load_generator(tmp_path / "nothing.safetensors")
    rubbish = tmp_path / "rubbish.safetensors"
    rubbish.write_bytes(b"not a file of tensors")
    with pytest.raises(FitError, match="cannot be read"):
        load_generator(rubbish)
    foreign = tmp_path / "foreign.safetensors"
    save_file({"x": torch.zeros(2)}, foreign)
    with pytest.raises(FitError, match="does not hold a reflectance generator"):
        load_generator(foreign)
    path = tmp_path / "generator.safetensors"
    save_generator(tiny, path)
    with pytest.raises(FitError, match="another UV layout"):
        load_generator(path)
    tiny.w_average = torch.zeros(3)
    save_generator(tiny, path)
    with pytest.raises(FitError, match="damaged"):
        load_generator(path, layout="a layout")


def test_the_shipped_generator_knows_the_shipped_prior():
    """The prior may be made again after the generator was trained; its coefficients must still find their codes."""
    generator, prior = load_generator(), load_prior()
    assert GENERATOR_PATH.stat().st_size < 40e6
    assert generator.card["sources"] and generator.card["seed"] is not None
    coefficients = 0.7 * np.random.default_rng(1).normal(size=(4, 48)).astype(np.float32)
    with torch.no_grad():
        found = generator.synthesis(generator.code_from_prior(coefficients), 64).log_albedo
    face = (slice(24, 44), slice(20, 44))
    for image, row in zip(found.permute(0, 2, 3, 1).numpy(), coefficients):
        expected = prior.log_albedo(row).reshape(64, 4, 64, 4, 3).mean((1, 3))
        assert np.abs(image - expected)[face].mean() < 0.03


def test_samples_are_repeatable_and_truncation_moves_them_to_the_mean(tiny):
    assert torch.equal(tiny.sample(3, seed=1), tiny.sample(3, seed=1))
    assert torch.equal(tiny.sample(3, seed=1, truncation=0.0), tiny.w_average.expand(3, -1))
