"""One declaration, many environments: composes the components and exports what people use."""
