# docker build -t bayespanel . && docker run --rm -v "$PWD:/data" bayespanel models
FROM python:3.12-slim

RUN pip install --no-cache-dir "uv>=0.8"
WORKDIR /opt/bayespanel
COPY pyproject.toml uv.lock README.md LICENSE ./
COPY models models
COPY bayespanel bayespanel
RUN uv sync --frozen --no-default-groups --no-editable --no-cache

# Kernels are compiled while the image is built, into a folder that every user can read.
ENV PATH=/opt/bayespanel/.venv/bin:$PATH NUMBA_CACHE_DIR=/opt/compiled/numba MPLCONFIGDIR=/opt/compiled/matplotlib \
    PYTENSOR_FLAGS=base_compiledir=/opt/compiled/pytensor
RUN python -c "from bayespanel.likelihood.native import KERNELS, symbol; [symbol(name) for name in KERNELS]" \
    && useradd --create-home pupil && chown -R pupil /opt/compiled
USER pupil
WORKDIR /data
ENTRYPOINT ["bayespanel"]
CMD ["--help"]
